import { PGlite } from '@electric-sql/pglite'
import fc from 'fast-check'
import { Kysely, PGliteDialect } from 'kysely'
import { test } from 'vitest'
import { migrate } from '../../../db/migrate.ts'
import { valueParsers } from '../../../db/value-parsers.ts'
import { steps } from './act.ts'
import { playHistory } from './history.ts'
test('stats', { timeout: 300000 }, async () => {
  const pglite = new PGlite({ parsers: valueParsers })
  await migrate(new Kysely({ dialect: new PGliteDialect({ pglite }) }))
  await pglite.exec(`
    create schema simulation;
    create function simulation.now() returns timestamptz stable language sql
      as $$ select current_setting('simulation.now')::timestamptz $$;
    select set_config('simulation.now', '2026-01-01T00:00:00.000Z', false);
    set timezone = utc;
    set search_path = simulation, pg_catalog, public;`)
  const sum: Record<string, number> = {}
  const add = (k: string, n = 1) => {
    sum[k] = (sum[k] ?? 0) + n
  }
  for (const [h, r] of fc.sample(fc.tuple(steps, fc.boolean()), { numRuns: 30, seed: 5 })) {
    const w = await playHistory(pglite, h, r)
    add('steps', h.length)
    for (const run of w.ledger.runs.values()) {
      add('run ' + run.status)
      add('attempts>1', run.attempt > 1 ? 1 : 0)
      add('attempt>2', run.attempt > 2 ? 1 : 0)
    }
    for (const c of w.ledger.calls.values()) {
      add(`call ${c.call.effect} ${c.history.join()}`)
    }
    add('askings', w.askings.length)
    add('executions', w.executions.length)
    for (const h of w.ledger.heads.values()) add('events', h)
    add(
      'clientEvents',
      w.clients.reduce((n, c) => n + c.past.length, 0),
    )
    add('aborted', w.askings.filter((a) => a.signal.aborted).length)
  }
  console.log(JSON.stringify(sum, null, 1))
})
