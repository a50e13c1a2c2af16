import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, inject, test } from 'vitest'
import { startTestServer } from '../../server/testing/test-server.ts'
import { TESTED, TESTED_REACT } from './published-manifest.ts'
import type { PackedPackage } from '../testing/packed-package.ts'

// Installs the packed client with npm: its dependencies come from the registry, in the oldest and in the newest
// versions that the manifest allows. `npm run test:long` also tries every supported Node, and the whole package.

const run = promisify(execFile)
const files = fileURLToPath(new URL('../testing/registry', import.meta.url))
const isLong = process.env.LONG === '1'

const unreachable = await run('npm', ['view', `zod@${TESTED.zod[1]}`, 'version'], {
  timeout: 20_000,
}).then(
  () => null,
  (error: Error) => `npm's registry cannot be reached: ${error.message.split('\n')[0]}`,
)
if (unreachable !== null) console.warn(`Skipped: ${unreachable}`)

const OLDEST = 0
const NEWEST = 1

/** Installs packages into a new project beside the packed ones; resolves with its folder. */
async function install(packed: PackedPackage, name: string, packages: string[]): Promise<string> {
  const folder = join(packed.consumer, '..', name)
  mkdirSync(folder)
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }')
  const options = ['--no-audit', '--no-fund', '--loglevel=error']
  await run('npm', ['install', ...options, ...packages], { cwd: folder, timeout: 300_000 })
  cpSync(files, folder, { recursive: true })
  return folder
}

const versions = (of: typeof OLDEST | typeof NEWEST): string[] =>
  Object.entries(TESTED).map(([name, range]) => `${name}@${range[of]}`)

/** Starts and ends watches on a real server; resolves with what the script printed. */
async function watch(folder: string, node: string, module: string): Promise<string> {
  await using server = await startTestServer({ answers: ['Hello to you.'] })
  const { stdout } = await run(node, ['watch.mjs', server.url, module], {
    cwd: folder,
    timeout: 90_000,
  })
  return stdout
}

const WATCHED = [
  'answered: Hello to you.',
  'the first watch has ended',
  'seventy watches have ended',
  'the store is live',
  'the store watches',
  'the store has let go',
  'refused: true',
]

describe.skipIf(unreachable !== null)('the client from npm’s registry', () => {
  const packed = inject('packed')
  let newest: string
  let oldest: string
  beforeAll(async () => {
    newest = await install(packed, 'newest', [packed.client, ...versions(NEWEST)])
    const types = ['@types/node@22', '@types/ws@8']
    oldest = await install(packed, 'oldest', [packed.client, ...versions(OLDEST), ...types])
  }, 300_000)

  test('is a few packages', () => {
    const names = readdirSync(join(newest, 'node_modules'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .flatMap(({ name, parentPath }) =>
        name.startsWith('@') ? readdirSync(join(parentPath, name)) : [name],
      )
    expect(names).toEqual(expect.arrayContaining(['client', 'server', 'zod']))
    expect(names.length).toBeLessThan(10)
  })

  test('installed by its range alone it gets the newest that is tested, of each', async () => {
    const folder = await install(packed, 'alone', [packed.client])
    const { stdout } = await run('npm', ['ls', '--json', '--all'], { cwd: folder })
    const { dependencies } = JSON.parse(stdout).dependencies['throughline-client']
    for (const [name, [, last]] of Object.entries(TESTED)) {
      expect([name, dependencies[name].version]).toEqual([name, last])
    }
  })

  test.each([
    ['newest', NEWEST],
    ['oldest', OLDEST],
  ] as const)(
    'with the %s allowed versions every watch ends, and its reader is gone',
    async (_name, which) => {
      const folder = which === NEWEST ? newest : oldest
      await run('npm', ['install', '--no-audit', '--no-fund', 'ws@8'], { cwd: folder })
      const said = await watch(folder, process.execPath, 'throughline-client')
      expect(said.split('\n')).toEqual(expect.arrayContaining(WATCHED))
    },
    120_000,
  )

  test.each([
    ['newest', NEWEST],
    ['oldest', OLDEST],
  ] as const)(
    'with the %s allowed versions its types hold without "strict" and with every library checked',
    async (_name, which) => {
      const folder = which === NEWEST ? newest : oldest
      const react = TESTED_REACT[which]
      const types = `@types/react@${react.split('.')[0]}`
      const options = ['--no-audit', '--no-fund']
      await run('npm', ['install', ...options, `react@${react}`, types], { cwd: folder })
      const compiler = fileURLToPath(
        new URL('../../node_modules/typescript/bin/tsc', import.meta.url),
      )
      for (const strict of isLong ? [false, true] : [which === OLDEST]) {
        const compilerOptions = {
          ...{ noEmit: true, strict, skipLibCheck: false, target: 'es2022' },
          lib: ['es2022', 'dom', 'dom.iterable'],
          types: which === OLDEST ? ['node'] : [],
          ...{ module: 'esnext', moduleResolution: 'bundler' },
        }
        const checked = strict ? ['typed.ts', 'typed-calls.ts'] : ['typed.ts']
        const project = { compilerOptions, files: checked }
        writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(project))
        const { stdout } = await run(process.execPath, [compiler, '-p', '.'], {
          cwd: folder,
        }).catch((error: { stdout: string }) => error)
        // The types of the oldest tRPC's server use names that today's types of `ws` do not have.
        const ours = stdout
          .split('\n')
          .filter((line) => !line.startsWith('node_modules/@trpc/server/dist/adapters/ws.d.mts'))
        expect(ours.filter(Boolean)).toEqual([])
      }
    },
    120_000,
  )

  describe.runIf(isLong)('in the long form', () => {
    test.each(['20', '22', '24'])(
      'it works on Node %s, with a WebSocket of its own choice',
      async (major) => {
        const platform = `node-${process.platform}-${process.arch}`
        const at = await install(packed, `node${major}`, [`${platform}@${major}`])
        const node = join(at, `node_modules/${platform}/bin/node`)
        for (const folder of [newest, oldest]) {
          const said = await watch(folder, node, 'throughline-client')
          expect(said).toContain(`Node ${major}.`)
          expect(said.split('\n')).toEqual(expect.arrayContaining(WATCHED))
        }
      },
      600_000,
    )

    test('npm 10, which Node 20 brings, installs the project with its own Node', async () => {
      const folder = join(packed.consumer, '..', 'npm10')
      mkdirSync(join(folder, 'scripts'), { recursive: true })
      for (const file of ['package.json', 'package-lock.json', 'scripts/link-node.js']) {
        cpSync(fileURLToPath(new URL(`../../${file}`, import.meta.url)), join(folder, file))
      }
      const tool = await install(packed, 'npm10-tool', ['npm@10.8.2'])
      const npm = join(tool, 'node_modules/npm/bin/npm-cli.js')
      await run(process.execPath, [npm, 'ci', '--no-audit', '--no-fund'], {
        cwd: folder,
        timeout: 540_000,
      })
      const { stdout } = await run(join(folder, 'node_modules/.bin/node'), ['--version'])
      expect(stdout.trim()).toBe(process.version)
    }, 600_000)

    test('the whole package, with what it asks for, has the same client and its server', async () => {
      const folder = await install(packed, 'whole', [packed.tarball, 'ws@8'])
      const said = await watch(folder, process.execPath, 'throughline/client')
      expect(said.split('\n')).toEqual(expect.arrayContaining(WATCHED))
      const { stdout } = await run(
        process.execPath,
        [
          '--input-type=module',
          '--eval',
          `import { startTestServer } from 'throughline/testing'
           await using server = await startTestServer()
           console.log((await fetch(server.url + '/livez')).status)`,
        ],
        { cwd: folder, timeout: 120_000 },
      )
      expect(stdout).toBe('200\n')
    }, 600_000)
  })
})
