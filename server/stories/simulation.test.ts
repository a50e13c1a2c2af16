import { PGlite } from '@electric-sql/pglite'
import fc from 'fast-check'
import { Kysely, PGliteDialect } from 'kysely'
import { afterAll, beforeAll, test } from 'vitest'
import { migrate } from '../../db/migrate.ts'
import { valueParsers } from '../../db/value-parsers.ts'
import { steps } from '../testing/simulation/act.ts'
import { playHistory } from '../testing/simulation/history.ts'

let pglite: PGlite

beforeAll(async () => {
  pglite = new PGlite({ parsers: valueParsers })
  await migrate(new Kysely({ dialect: new PGliteDialect({ pglite }) }))
  // The database's clock is the simulation's: leases end when it says so.
  await pglite.exec(`
    create schema simulation;
    create function simulation.now() returns timestamptz stable language sql
      as $$ select current_setting('simulation.now')::timestamptz $$;
    select set_config('simulation.now', '2026-01-01T00:00:00.000Z', false);
    set timezone = utc;
    set search_path = simulation, pg_catalog, public;`)
})

afterAll(() => pglite.close())

const runs = Number(process.env['SIMULATION_RUNS'] ?? 30)
const seed = process.env['SIMULATION_SEED']
const path = process.env['SIMULATION_PATH']

test(
  'two nodes keep every promise through crashes, freezes, lost words and lost answers (P1-P9, P11, P13)',
  { timeout: 60_000 + runs * 10_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.boolean(), async (history, restart) => {
        await playHistory(pglite, history, restart)
      }),
      { numRuns: runs, ...(seed && { seed: Number(seed) }), ...(path && { path }) },
    )
  },
)
