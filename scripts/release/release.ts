// Makes a release, and publishes nothing: `npm run release -- 0.2.0` (docs/releases.md). `--dry` checks what there is to
// check without running the tests, and leaves every file as it is. `--quick` does everything with the quick tests alone, to
// try it out.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

const root = fileURLToPath(new URL('../..', import.meta.url))
const Manifest = z.looseObject({ version: z.string() })
const Packed = z.tuple([z.object({ filename: z.string() })])

/** @returns the reasons against this release, as sentences; empty when there is none */
export function problemsOf(
  version: string,
  { current, changelog, kept }: { current: string; changelog: string; kept: boolean },
): string[] {
  return [
    ...(/^\d+\.\d+\.\d+$/.test(version) ? [] : ['The version is of the form 1.2.3.']),
    ...(isGreater(version, current) || version === current
      ? []
      : [`The version is now ${current}; a release does not go back.`]),
    ...(unreleasedOf(changelog) === '' ? ['CHANGELOG.md has nothing under "Unreleased".'] : []),
    ...(kept ? [] : [`There is no db/releases/${version}.json: see docs/releases.md.`]),
  ]
}

/** The text of the chapter "Unreleased". */
export function unreleasedOf(changelog: string): string {
  return /^## Unreleased\n([\s\S]*?)(?=^## |(?![\s\S]))/m.exec(changelog)?.[1]?.trim() ?? ''
}

/** The changelog with the chapter under the version and its day, and an empty one above it. */
export function dated(changelog: string, version: string, day: string): string {
  return changelog.replace(/^## Unreleased$/m, `## Unreleased\n\n## ${version} (${day})`)
}

function isGreater(a: string, b: string): boolean {
  return a.localeCompare(b, 'en', { numeric: true }) > 0
}

function run(...[command = '', ...args]: string[]): void {
  console.log(`> ${command} ${args.join(' ')}`)
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' })
  if (status !== 0) fail([`${command} ${args.join(' ')} failed.`])
}

function output(...[command = '', ...args]: string[]): string {
  return spawnSync(command, args, { cwd: root, encoding: 'utf8' }).stdout
}

function fail(problems: string[]): never {
  for (const problem of problems) console.error(problem)
  process.exit(1)
}

if (import.meta.main) {
  const isDry = process.argv.includes('--dry')
  const version = process.argv.slice(2).find((argument) => !argument.startsWith('-')) ?? ''
  const read = (path: string): string => readFileSync(join(root, path), 'utf8')
  const changelog = read('CHANGELOG.md')
  const manifest = Manifest.parse(JSON.parse(read('package.json')))
  const kept = existsSync(join(root, `db/releases/${version}.json`))
  const problems = problemsOf(version, { current: manifest.version, changelog, kept })
  if (output('git', 'status', '--porcelain').trim() !== '') {
    problems.push('There are changes that are not committed.')
  }
  if (problems.length > 0) fail(problems)
  run('npm', 'run', 'licenses')
  if (isDry) process.exit(0)
  if (process.argv.includes('--quick')) {
    run('npm', 'run', 'check')
    run('npm', 'run', 'test:quick')
  } else {
    // This includes the static checks.
    run('npm', 'test')
  }
  const day = new Date().toISOString().slice(0, 10)
  writeFileSync(join(root, 'CHANGELOG.md'), dated(changelog, version, day))
  run('npm', 'version', version, '--no-git-tag-version', '--allow-same-version')
  const folder = join(root, 'dist/release')
  mkdirSync(folder, { recursive: true })
  const [{ filename }] = Packed.parse(
    JSON.parse(output('npm', 'pack', '--json', '--silent', '--pack-destination', folder)),
  )
  const digest = createHash('sha256')
    .update(readFileSync(join(folder, filename)))
    .digest('hex')
  const notes = join(folder, `${version}.md`)
  writeFileSync(notes, `${unreleasedOf(changelog)}\n\nSHA-256 of \`${filename}\`: \`${digest}\`\n`)
  console.log(`
The notes are in ${notes}, the package beside them. Nothing was committed or published. Now:
  git commit -am "Release ${version}" && git tag --annotate v${version} --file ${notes}`)
}
