// `npm test` in another amount. `quick`: the tests that need no process, browser or Postgres, and take no seconds each.
// `long`: all tests with many more repetitions: 200 kills, 300 stop races, 500 random histories.
import { spawnSync } from 'node:child_process'
import process from 'node:process'

const [amount, ...more] = process.argv.slice(2)
const quick = ['--project', 'unit']
const { status } = spawnSync(
  process.execPath,
  ['node_modules/vitest/vitest.mjs', 'run', ...(amount === 'quick' ? quick : []), ...more],
  { stdio: 'inherit', env: { ...process.env, [amount === 'quick' ? 'QUICK' : 'LONG']: '1' } },
)
process.exitCode = status ?? 1
