// The tests of `npm test` with many more repetitions: 200 kills, 300 stop races, 500 random histories.
import { spawnSync } from 'node:child_process'
import process from 'node:process'

const { status } = spawnSync(
  process.execPath,
  ['node_modules/vitest/vitest.mjs', 'run', ...process.argv.slice(2)],
  { stdio: 'inherit', env: { ...process.env, LONG: '1' } },
)
process.exitCode = status ?? 1
