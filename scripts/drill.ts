// Plays a drill of docs/operations.md in its long form, with figures: `npm run drill -- fail-over`; without a name all of
// them, one after the other. Each is a test, whose short form is in `npm test`.
import { spawnSync } from 'node:child_process'
import process from 'node:process'

/** The test of each drill; Vitest knows by itself in which of its projects that is. */
export const DRILLS: Record<string, string> = {
  'try-set': 'scripts/deploy/try-set.test.ts',
  'rolling-restart': 'e2e/drills/rolling-restart.story.ts',
  'fail-over': 'e2e/drills/fail-over.story.ts',
  'disk-full': 'e2e/drills/disk-full.story.ts',
  'dump-restore': 'e2e/drills/dump-restore.story.ts',
  certificate: 'server/http/tls.test.ts',
  upgrade: 'db/releases/releases.pg.test.ts',
  'version-back': 'e2e/drills/version-back.story.ts',
  partition: 'scripts/partition.pg.test.ts',
  move: 'scripts/move.pg.test.ts',
  kill: 'e2e/faults/killed-node.story.ts',
  outage: 'e2e/faults/database.story.ts',
}

if (import.meta.main) {
  const names = process.argv.slice(2)
  const unknown = names.filter((name) => !(name in DRILLS))
  if (unknown.length > 0) {
    console.error(`No drill ${unknown.join(', ')}; there are ${Object.keys(DRILLS).join(', ')}.`)
    process.exit(78)
  }
  for (const [name, file] of Object.entries(DRILLS)) {
    if (names.length > 0 && !names.includes(name)) continue
    console.log(`# ${name}`)
    const { status } = spawnSync(
      process.execPath,
      ['node_modules/vitest/vitest.mjs', 'run', file],
      { stdio: 'inherit', env: { ...process.env, LONG: '1' } },
    )
    if (status !== 0) process.exitCode = 1
  }
}
