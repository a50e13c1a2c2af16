import { PGlite } from '@electric-sql/pglite'
import fc from 'fast-check'
import { Kysely, PGliteDialect } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { migrate } from '../../../db/engine/migrate.ts'
import { valueParsers } from '../../../db/engine/value-parsers.ts'
import { amount } from '../../../scripts/testing/amount.ts'
import { earlierSteps, laterSteps, steps } from '../../testing/simulation/act.ts'
import { playHistory } from '../../testing/simulation/history.ts'

type Round = { seed?: number; path?: string; numRuns: number; histories?: typeof steps }

/** Histories that found bugs before, and this many new ones by the seed that the run prints. */
const KNOWN: Round[] = [
  ...[
    { seed: 2_000, numRuns: 8 },
    { seed: 643_275, path: '4', numRuns: 1 },
    { seed: 446_928, path: '5', numRuns: 1 },
    { seed: 476_731, path: '1', numRuns: 1 },
    { seed: 77_001, path: '459', numRuns: 1 },
    { seed: 596_781, path: '73', numRuns: 1 },
  ].map((round) => ({ ...round, histories: earlierSteps })),
  { seed: 509_822, path: '15', numRuns: 1, histories: laterSteps },
  { seed: 245_057, path: '197', numRuns: 1, histories: laterSteps },
  // Text of an attempt comes while the very node begins the next one, because the run was given away.
  { seed: 404, path: '20', numRuns: 1 },
  // Such a run is taken over by that node, which keeps its answer, together with text that waits there.
  { seed: 710_001, path: '41', numRuns: 1 },
]
const FRESH = amount(4, 500)

// `SIMULATION_RUNS` runs that many new histories instead; `SIMULATION_SEED` and `SIMULATION_PATH`, as a failure prints
// them, repeat one.
const { SEED, SIMULATION_RUNS, SIMULATION_SEED, SIMULATION_PATH } = process.env
const rounds: Round[] =
  SIMULATION_SEED === undefined
    ? [
        ...(SIMULATION_RUNS === undefined ? KNOWN : []),
        { ...(SEED && { seed: Number(SEED) }), numRuns: Number(SIMULATION_RUNS ?? FRESH) },
      ]
    : [
        {
          seed: Number(SIMULATION_SEED),
          numRuns: Number(SIMULATION_RUNS ?? FRESH),
          ...(SIMULATION_PATH && { path: SIMULATION_PATH }),
        },
      ]

let pglite: PGlite

beforeAll(async () => {
  pglite = new PGlite({ parsers: valueParsers })
  await migrate(new Kysely({ dialect: new PGliteDialect({ pglite }) }))
  // The database uses the simulated clock, so that leases expire by it.
  await pglite.exec(`
    create schema simulation;
    create function simulation.now() returns timestamptz stable language sql
      as $$ select current_setting('simulation.now')::timestamptz $$;
    select set_config('simulation.now', '2026-01-01T00:00:00.000Z', false);
    set timezone = utc;
    set search_path = simulation, pg_catalog, public;`)
})

afterAll(() => pglite.close())

/** The timeout of a round, including the shrinking of a failing history. */
const limit = (numRuns: number) => 60_000 + numRuns * 10_000

test.each(rounds)(
  'two nodes keep every promise through crashes, freezes, lost words and lost answers (P1-P9, P11, P13): $numRuns histories',
  { timeout: limit(Math.max(...rounds.map(({ numRuns }) => numRuns))) + 30_000 },
  async ({ histories = steps, ...round }) => {
    await fc.assert(
      fc.asyncProperty(histories, fc.boolean(), async (history, restart) => {
        await playHistory(pglite, history, restart)
      }),
      {
        ...round,
        plugins: [fc.interruptAfterTimeLimit(limit(round.numRuns), { failOnInterrupt: true })],
      },
    )
  },
)

test('a history that is played again goes the same way', async () => {
  const [history = []] = fc.sample(steps, { numRuns: 1, seed: 1 })
  const outcomes = []
  for (let times = 0; times < 2; times += 1) {
    const { ledger, clients } = await playHistory(pglite, history, true)
    outcomes.push([ledger.runs, ledger.parts, ledger.calls, clients.map(({ past }) => past)])
  }
  expect(outcomes[1]).toEqual(outcomes[0])
})
