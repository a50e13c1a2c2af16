// Breaks one place of the code at a time and runs the nearest tests: npm run mutate -- --help
import { spawn, spawnSync } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, matchesGlob, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { apply, findMutants } from './mutants.ts'
import type { Mutant } from './mutants.ts'

const HELP = `npm run mutate -- [--files GLOB] [--sample N] [--seed N] [--minutes N]

Breaks one place at a time, in a copy of the tree, and runs the tests nearest to it. A mutant that no test notices is
printed: it wants a test, or the code is not needed.

  --files    the files to break, such as 'server/log/*.ts'; all of the folders below when left out
  --sample   how many places, drawn at random (40); 0 for all
  --seed     plays the same sample again
  --minutes  begins no further mutant after so long (20)`

/** The tests that should fail, by folder: first its own, then the stories that run through it. */
const NEAREST: Record<string, string[]> = {
  'server/log': ['server/log/', 'server/stories/log/', 'server/stories/nodes/recovery'],
  'server/runs': [
    'server/runs/',
    ...[
      'answers/answer',
      'tools/approval',
      'sessions/branches',
      'limits/budget',
      'sessions/commands',
      'answers/context',
      'nodes/recovery',
      'answers/interrupt',
    ].map((story) => `server/stories/${story}`),
    'server/stories/nodes/simulation',
  ],
  'server/commands': [
    'server/commands/',
    ...[
      ...['answers/interrupt', 'answers/queued', 'answers/steering', 'isolation/isolation'],
      ...['limits/limits', 'sessions/', 'tools/approval', 'tools/client-tools'],
    ].map((story) => `server/stories/${story}`),
  ],
  db: ['db/', 'server/log/writing/writer', 'server/stories/'],
  'shared/session': ['shared/session/'],
  'shared/client': ['shared/client/'],
}

/** A mutant that makes the tests hang counts as detected after this long. */
const TIMEOUT_MS = 240_000

const { values } = parseArgs({
  options: {
    files: { type: 'string' },
    sample: { type: 'string', default: '40' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    minutes: { type: 'string', default: '20' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(HELP)
  process.exit(0)
}

const root = resolve(import.meta.dirname, '../..')
const tracked = spawnSync('git', ['ls-files', '-co', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
}).stdout.split('\n')
const folderOf = (file: string) =>
  Object.keys(NEAREST).find((folder) => file.startsWith(`${folder}/`))
const files = tracked.filter(
  (file) =>
    folderOf(file) !== undefined &&
    /\.tsx?$/.test(file) &&
    !/(test|suite)\.tsx?$|\/testing\/|\/testing\.ts$|migrations/.test(file) &&
    (!values.files || matchesGlob(file, values.files)),
)
const copy = await mkdtemp(join(tmpdir(), 'throughline-mutate-'))
try {
  for (const file of tracked.filter(Boolean)) {
    await cp(join(root, file), join(copy, file), { recursive: true }).catch(() => undefined)
  }
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'))
  process.exitCode = await mutateAll()
} finally {
  await rm(copy, { recursive: true, force: true })
}

async function mutateAll(): Promise<number> {
  const places: { file: string; source: string; mutant: Mutant }[] = []
  for (const file of files) {
    const source = await readFile(join(root, file), 'utf8')
    places.push(...findMutants(file, source).map((mutant) => ({ file, source, mutant })))
  }
  const sample = draw(places, Number(values.sample) || places.length, Number(values.seed))
  console.log(
    `${sample.length} of ${places.length} places in ${files.length} files, seed ${values.seed}`,
  )
  const folders = new Set(sample.map(({ file }) => folderOf(file) ?? ''))
  for (const folder of folders) {
    if (!(await pass(NEAREST[folder] ?? []))) {
      console.error(`The tests of ${folder} fail without any change: mend them first.`)
      return 2
    }
  }
  const end = Date.now() + Number(values.minutes) * 60_000
  const survivors: string[] = []
  let tried = 0
  for (const { file, source, mutant } of sample) {
    if (Date.now() > end) {
      break
    }
    tried += 1
    await writeFile(join(copy, file), apply(source, mutant))
    const survived = await pass(NEAREST[folderOf(file) ?? ''] ?? [])
    await writeFile(join(copy, file), source)
    const line = source.slice(0, mutant.start).split('\n').length
    const where = `${file}:${line} ${mutant.what}: ${source.split('\n')[line - 1]?.trim()}`
    console.log(`${survived ? 'SURVIVED' : 'noticed '} ${where}`)
    if (survived) {
      survivors.push(where)
    }
  }
  console.log(`${tried} tried, ${tried - survivors.length} noticed, ${survivors.length} survived`)
  return survivors.length > 0 ? 1 : 0
}

/**
 * Returns true when the tests pass in the mutated copy. Most mutants are noticed by the tests of their own folder, which
 * take a second or two, so the stories are only told to those that pass there, and Postgres only to the rest.
 */
async function pass([own = '', ...stories]: readonly string[]): Promise<boolean> {
  return (
    (await passOn('unit', [own])) &&
    (await passOn('unit', stories)) &&
    (await passOn('postgres', [own, ...stories]))
  )
}

function passOn(project: string, tests: readonly string[]): Promise<boolean> {
  // Without names, Vitest would run all there are.
  if (tests.length === 0) return Promise.resolve(true)
  const run = spawn(
    process.execPath,
    [
      'node_modules/vitest/vitest.mjs',
      ...['run', '--bail', '1', '--reporter', 'dot', '--testTimeout', '20000'],
      // Half of the folders have no test that is for Postgres alone.
      ...['--passWithNoTests', '--project', project, ...tests],
    ],
    { cwd: copy, stdio: 'ignore' },
  )
  return new Promise((settle) => {
    const timer = setTimeout(() => run.kill('SIGTERM'), TIMEOUT_MS)
    run.on('exit', (code) => {
      clearTimeout(timer)
      settle(code === 0)
    })
  })
}

/** A random sample of the items, the same for the same seed. */
function draw<T>(items: readonly T[], count: number, seed: number): T[] {
  let state = seed
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
  return items
    .map((item) => ({ item, order: random() }))
    .toSorted((a, b) => a.order - b.order)
    .slice(0, count)
    .map(({ item }) => item)
}
