// The tests that need no process, browser or Postgres and take no seconds each.
import { spawnSync } from 'node:child_process'
import process from 'node:process'

const { status } = spawnSync(
  process.execPath,
  ['node_modules/vitest/vitest.mjs', 'run', '--project', 'unit', ...process.argv.slice(2)],
  { stdio: 'inherit', env: { ...process.env, QUICK: '1' } },
)
process.exitCode = status ?? 1
