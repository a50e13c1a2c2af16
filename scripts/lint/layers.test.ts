import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { rooms } from './layers.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** One invalid file for each rule: `oxlint` must report exactly that rule. */
const bad = [
  ['layers(imports)', 'shared/contract/up.ts', `import '../session/fold.ts'`],
  ['layers(imports)', 'shared/session/up.ts', `import '../client/connect.ts'`],
  ['layers(imports)', 'shared/client/up.ts', `import '../react/hooks.ts'`],
  [
    'layers(imports)',
    'shared/client/router.ts',
    `import { router } from '../../server/router.ts'\nrouter()`,
  ],
  [
    'layers(imports)',
    'shared/client/server-type.ts',
    `import type {} from '../../server/config/config.ts'`,
  ],
  ['layers(imports)', 'shared/react/up.ts', `import '../../web/main.tsx'`],
  ['layers(imports)', 'shared/client/reacts.ts', `import 'react'`],
  ['layers(imports)', 'shared/client/node.ts', `import 'node:fs'`],
  ['layers(imports)', 'shared/client/sockets.ts', `import 'ws'`],
  ['layers(imports)', 'web/server-type.ts', `import type {} from '../server/router.ts'`],
  ['layers(imports)', 'web/database.ts', `export const late = () => import('../db/sessions.ts')`],
  ['layers(imports)', 'web/node.ts', `import 'node:fs'`],
  ['layers(imports)', 'web/features/messages/other.ts', `import '../sessions/list.ts'`],
  ['layers(imports)', 'web/features/messages/above.ts', `import '../../app/layout.tsx'`],
  ['layers(imports)', 'web/ui/product.ts', `import '../features/sessions/list.ts'`],
  ['layers(imports)', 'db/up.ts', `import type {} from '../server/log/port.ts'`],
  ['layers(imports)', 'db/fold.ts', `import '../shared/session/fold.ts'`],
  ['layers(imports)', 'server/runs/client.ts', `import '../../shared/client/connect.ts'`],
  ['layers(imports)', 'server/runs/web.ts', `import '../../web/main.tsx'`],
  ['layers(imports)', 'server/runs/swept.ts', `import './sweep/strays.ts'`],
  ['layers(imports)', 'server/runs/react.ts', `import 'react'`],
  ['layers(imports)', 'server/log/up.ts', `import type {} from '../runs/driver.ts'`],
  ['layers(imports)', 'server/model/up.ts', `import type {} from '../runs/driver.ts'`],
  ['layers(imports)', 'server/tools/up.ts', `import type {} from '../mcp/servers.ts'`],
  ['layers(imports)', 'server/nodes/up.ts', `import type {} from '../presence/presence.ts'`],
  ['layers(imports)', 'server/sessions/beside.ts', `import type {} from '../runs/driver.ts'`],
  ['layers(imports)', 'server/http/past-commands.ts', `import type {} from '../runs/driver.ts'`],
  ['layers(imports)', 'server/nowhere/room.ts', `import type {} from '../log/events.ts'`],
  ['layers(imports)', 'server/for-all.ts', `import './log/writing/writer.ts'`],
  ['layers(imports)', 'server/runs/commands.ts', `import type {} from '../commands/command.ts'`],
  ['layers(imports)', 'server/commands/above.ts', `import '../router.ts'`],
  ['layers(imports)', 'server/runs/above.ts', `import '../app.ts'`],
  ['layers(imports)', 'server/runs/testing-code.ts', `import '../testing/start-test-app.ts'`],
  ['layers(imports)', 'server/runs/bench.ts', `import '../../bench/run.ts'`],
  ['layers(imports)', 'server/runs/sql.ts', `import type {} from 'kysely'`],
  ['layers(imports)', 'server/app.ts', `import 'pg'`],
  ['layers(imports)', 'server/embedded.ts', `import '@electric-sql/pglite'`],
  ['layers(imports)', 'server/runs/process-import.ts', `import 'node:process'`],
  ['layers(barrels)', 'server/runs/index.ts', `export * from './driver.ts'`],
  ['layers(barrels)', 'db/index.ts', `export { listSessions } from './sessions.ts'`],
  ['layers(backtracking)', 'db/exponential.ts', `export const bad = /^(a+)+$/`],
  ['layers(backtracking)', 'web/polynomial.ts', `export const bad = /^a*b?a*$/`],
  ['eslint(no-restricted-globals)', 'server/runs/process.ts', `export const cwd = process.cwd()`],
  ['eslint(no-restricted-globals)', 'db/process.ts', `export const cwd = process.cwd()`],
  ['eslint(no-restricted-globals)', 'shared/client/process.ts', `export const cwd = process.cwd()`],
  ['eslint(no-restricted-globals)', 'shared/client/dom.ts', `export const { title } = document`],
  ['import(no-cycle)', 'server/runs/cycle.ts', `import './cycle-back.ts'`],
  ['import(no-cycle)', 'server/runs/cycle-back.ts', `import './cycle.ts'`],
  ['eslint(eqeqeq)', 'db/equal.ts', `export const equal = (a: number, b: number) => a == b`],
  ['eslint(max-lines)', 'db/long.ts', `${'// a line\n'.repeat(400)}export {}`],
  ['eslint(no-console)', 'server/runs/print.ts', `console.log('here')`],
  ['eslint(no-empty)', 'db/empty.ts', `try {\n  JSON.parse('')\n} catch {}`],
  ['eslint(no-unused-vars)', 'db/unused.ts', `const unused = 1\nexport {}`],
  ['typescript(no-explicit-any)', 'db/any.ts', `export const rows: any[] = []`],
  [
    'typescript(no-non-null-assertion)',
    'db/bang.ts',
    `export const first = (all: string[]) => all[0]!`,
  ],
  [
    'typescript(no-floating-promises)',
    'db/floating.ts',
    `export const f = () => {\n  Promise.resolve(1)\n}`,
  ],
  [
    'typescript(no-misused-promises)',
    'db/misused.ts',
    `if (Promise.resolve(true)) Math.random()\nexport {}`,
  ],
  [
    'typescript(await-thenable)',
    'db/thenable.ts',
    `export const f = async (x: number) => {\n  await x\n}`,
  ],
  [
    'typescript(consistent-type-imports)',
    'db/type-import.ts',
    `import { Timestamp } from './types.ts'\nexport type T = Timestamp`,
  ],
  [
    'typescript(switch-exhaustiveness-check)',
    'db/switch.ts',
    `export const f = (x: 'a' | 'b') => {\n  switch (x) {\n    case 'a':\n      return 1\n  }\n  return 2\n}`,
  ],
] as const

/** Valid files that are close to violating a rule. */
const good: [string, string][] = [
  ['shared/client/index.ts', `export { connect } from './connect.ts'`],
  [
    'shared/client/type-of-router.ts',
    `import type { AppRouter } from '../../server/router.ts'\nexport type R = AppRouter`,
  ],
  // Code that uses browser globals when they exist is allowed in these files only.
  ['shared/client/connection/network.ts', `export const online = () => navigator.onLine`],
  ['shared/react/react.ts', `import 'react'\nimport '../client/connect.ts'`],
  ['web/features/messages/widget.ts', `import '../../ui/button.tsx'\nimport '../../client.ts'`],
  ['web/app/layout.ts', `import '../features/sessions/list.ts'`],
  ['db/sql.ts', `import 'kysely'\nimport '../shared/contract/ids.ts'\nimport 'node:fs'`],
  [
    'server/runs/ports.ts',
    `import '../log/port.ts'\nimport '../../db/queries/runs/runs.ts'\nimport '../../shared/session/fold.ts'`,
  ],
  ['server/runs/appends.ts', `import '../log/transaction.ts'\nimport '../model/port.ts'`],
  ['server/for-all-types.ts', `import type {} from './log/writing/writer.ts'`],
  [
    'server/commands/answers/stop-run.ts',
    `import '../runs/start.ts'\nimport type {} from '../services.ts'`,
  ],
  ['server/runs/procedures.ts', `import '../trpc.ts'\nimport type {} from '../router.ts'`],
  ['server/jobs/queue.ts', `import 'pg-boss'`],
  ['server/main.ts', `import './app.ts'\nconsole.log(process.pid)`],
  ['server/runs/driver.test.ts', `import '../testing/start-test-app.ts'\nprocess.pid.toFixed()`],
  ['server/runs/cycle-of-types.ts', `import './cycle-of-types-back.ts'\nexport type A = 2`],
  [
    'server/runs/cycle-of-types-back.ts',
    `import type { A } from './cycle-of-types.ts'\nexport type B = A | 1`,
  ],
  ['scripts/print.ts', `console.log(process.pid)`],
]

const Report = z.object({
  diagnostics: z.array(
    z.object({ code: z.string().optional(), filename: z.string(), message: z.string() }),
  ),
})

let found: { code: string | undefined; filename: string }[] = []

beforeAll(async () => {
  const tree = await mkdtemp(join(tmpdir(), 'lint-'))
  const files = [...bad.map(([, path, text]) => [path, text] as const), ...good]
  for (const [path, text] of files) {
    await mkdir(dirname(join(tree, path)), { recursive: true })
    await writeFile(join(tree, path), `${text}\n`)
  }
  // Without a project, the type-aware rules would treat the files as loose scripts.
  const strict = {
    target: 'esnext',
    module: 'nodenext',
    strict: true,
    types: [],
    allowImportingTsExtensions: true,
  }
  await writeFile(
    join(tree, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: { ...strict, noEmit: true } }),
  )
  await writeFile(join(tree, 'package.json'), '{ "type": "module" }')
  // The project's own settings, whose paths are relative to their folder.
  const settings = await readFile(join(root, '.oxlintrc.json'), 'utf8')
  await writeFile(join(tree, '.oxlintrc.json'), settings.replaceAll('"./', `"${root}`))
  const report = await lint(tree)
  await rm(tree, { recursive: true })
  found = Report.parse(JSON.parse(report)).diagnostics.map(({ code, filename }) => ({
    code,
    filename,
  }))
})

/** Returns oxlint's report; its exit status is 1 when it has findings. */
async function lint(tree: string): Promise<string> {
  const program = join(root, 'node_modules/oxlint/bin/oxlint')
  const args = [program, '--format', 'json', '.']
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd: tree, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      if (error && error.code !== 1) reject(new Error(stderr, { cause: error }))
      else resolve(stdout)
    })
  })
}

function codesIn(path: string): string[] {
  return found.filter(({ filename }) => filename === path).map(({ code }) => code ?? '')
}

test('every room of the server imports only rooms below it', () => {
  const order = Object.keys(rooms)
  for (const [room, below] of Object.entries(rooms)) {
    expect(below.filter((one) => order.indexOf(one) <= order.indexOf(room))).toEqual([])
  }
})

test.each(bad)('%s bites in %s', (rule, path) => {
  expect([...new Set(codesIn(path))]).toEqual([rule])
})

test.each(good)('%s is fine', (path) => {
  expect(codesIn(path)).toEqual([])
})
