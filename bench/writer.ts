import type { Database } from '../db/engine/database.ts'
import { connect } from '../db/engine/connect.ts'
import { migrate } from '../db/engine/migrate.ts'
import type { Options } from './options.ts'
import { startDurablePostgres } from './measure/postgres.ts'
import { TEMPLATE_DIR, createTemporaryFolder } from './measure/temporary-folder.ts'
import { runScenario } from './writer/scenario.ts'
import type { Measured, Scenario } from './writer/scenario.ts'
import { compareWays, tabulate } from './writer/tables.ts'
import { WAY_NAMES } from './writer/ways.ts'
import type { WayName } from './writer/ways.ts'

/**
 * Measures the log writer: the latency that commit-then-show adds to a token and its CPU cost, compared with other
 * designs, on both databases.
 */
export async function benchWriter(options: Options): Promise<Measured[]> {
  const runs: Measured[] = []
  for (const kind of options.databases) {
    await using opened = new AsyncDisposableStack()
    const database = opened.adopt(await openDatabase(kind, opened), (open) => open.close())
    await migrate(database.db)
    for (let round = 1; round <= options.repeat; round += 1) {
      for (const scenario of scenarios(kind, options)) {
        const measured = await runScenario(database, scenario)
        runs.push(measured)
        const { latency, streams, way } = measured
        console.error(
          `${kind} ${way} ${streams}: p50 ${latency.p50.toFixed(1)} ms, p99 ${latency.p99.toFixed(1)} ms (${round}/${options.repeat})`,
        )
      }
    }
  }
  console.log(`\n${tabulate(runs)}\n\n${compareWays(runs)}\n`)
  return runs
}

/** An embedded database is meant for one person and a few concurrent answers. */
const MAX_EMBEDDED_STREAMS = 200

function scenarios(kind: Database['kind'], options: Options): Scenario[] {
  return options.streams
    .filter((streams) => kind === 'postgres' || streams <= MAX_EMBEDDED_STREAMS)
    .flatMap((streams) =>
      waysOn(kind, options).map((way) => ({ way, streams, measureMs: options.seconds * 1000 })),
    )
}

/**
 * The designs run one directly after the other, so that all of them see the same noise. The design without a database
 * runs only once.
 */
function waysOn(kind: Database['kind'], { ways }: Options): WayName[] {
  return WAY_NAMES.filter(
    (way) => (ways ?? WAY_NAMES).includes(way) && (kind === 'postgres' || way !== 'no-database'),
  )
}

async function openDatabase(kind: Database['kind'], opened: AsyncDisposableStack) {
  if (kind === 'postgres') {
    const postgres = opened.use(await startDurablePostgres())
    return connect({ databaseUrl: await postgres.createDatabase('writer') })
  }
  const folder = opened.use(await createTemporaryFolder())
  return connect({ dataDir: folder.path, templateDir: TEMPLATE_DIR })
}
