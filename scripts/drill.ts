// Plays a drill of docs/operations.md in its long form, with figures: `npm run drill -- fail-over`; without a name all of
// them, one after the other. Each is a test, whose short form is in `npm test`.
import { spawnSync } from 'node:child_process'
import process from 'node:process'

/** Where each drill is, and in which of Vitest's projects. */
export const DRILLS: Record<string, { project: string; file: string }> = {
  'try-set': { project: 'untimed', file: 'scripts/try-set.test.ts' },
  'rolling-restart': { project: 'processes', file: 'e2e/drill-rolling-restart.story.ts' },
  'fail-over': { project: 'processes', file: 'e2e/drill-fail-over.story.ts' },
  'disk-full': { project: 'processes', file: 'e2e/drill-disk-full.story.ts' },
  'dump-restore': { project: 'processes', file: 'e2e/drill-dump-restore.story.ts' },
  certificate: { project: 'unit', file: 'server/http/tls.test.ts' },
  upgrade: { project: 'postgres', file: 'db/releases/releases.pg.test.ts' },
  'version-back': { project: 'processes', file: 'e2e/drill-version-back.story.ts' },
  move: { project: 'postgres', file: 'scripts/move.pg.test.ts' },
  kill: { project: 'processes', file: 'e2e/faults-kill.story.ts' },
  outage: { project: 'processes', file: 'e2e/faults-database.story.ts' },
}

if (import.meta.main) {
  const names = process.argv.slice(2)
  const unknown = names.filter((name) => !(name in DRILLS))
  if (unknown.length > 0) {
    console.error(`No drill ${unknown.join(', ')}; there are ${Object.keys(DRILLS).join(', ')}.`)
    process.exit(78)
  }
  for (const [name, { project, file }] of Object.entries(DRILLS)) {
    if (names.length > 0 && !names.includes(name)) continue
    console.log(`# ${name}`)
    const { status } = spawnSync(
      process.execPath,
      ['node_modules/vitest/vitest.mjs', 'run', '--project', project, file],
      { stdio: 'inherit', env: { ...process.env, LONG: '1' } },
    )
    if (status !== 0) process.exitCode = 1
  }
}
