import pg from 'pg'
import { expect, test } from 'vitest'
import { execute } from '../../../scripts/testing/postgres/test-database.ts'
import { ask, startConversation } from '../../testing/conversation.ts'
import { newPostgresStorage } from '../../testing/postgres-storage.ts'

/** Has Postgres send the generic plan of each statement as a notice, also of those in functions. */
const SETTINGS = [
  'session_preload_libraries = auto_explain',
  'auto_explain.log_min_duration = 0',
  'auto_explain.log_nested_statements = on',
  'client_min_messages = log',
  'plan_cache_mode = force_generic_plan',
]

/** Records the plans of the statements that the functions of the database execute, until it is disposed. */
function recordNestedPlans(): Disposable & { plans: string[] } {
  const plans: string[] = []
  const connect: (this: pg.Client, ...said: unknown[]) => unknown = pg.Client.prototype.connect
  const recording = function (this: pg.Client, ...said: unknown[]): unknown {
    this.on('notice', ({ message = '' }) => {
      if (/Query Text:.*\bone\./s.test(message)) plans.push(message)
    })
    return connect.apply(this, said)
  }
  Object.assign(pg.Client.prototype, { connect: recording })
  return {
    plans,
    [Symbol.dispose]: () => Object.assign(pg.Client.prototype, { connect }),
  }
}

/** Indexes with all rows of a session or a person: few in a young database, but a plan is kept for long. */
const GROWING =
  /Seq Scan on (messages|events|runs|sessions|steps)\b|Scan using (messages_of_\w+|runs_of_\w+|sessions_by_activity)/

/**
 * One reads a session's runs up to the first completed one, and only where the title is by rule; the other one a session
 * without an active branch, which has few messages.
 */
const ALLOWED = /title_source is distinct from 'rule'|parent_id is null/

test('the functions of the database look everything up by its id, also by a plan from when it was young', async () => {
  using recorded = recordNestedPlans()
  const storage = await newPostgresStorage()
  for (const setting of SETTINGS) {
    const statement = `alter database %I set ${setting}`
    await execute(
      storage.env.DATABASE_URL ?? '',
      `do $$ begin execute format('${statement}', current_database()); end $$`,
    )
  }
  await using talk = await startConversation(async () => storage)
  const { app, live, sessionId } = talk
  await app.caller.sessions.update({ id: sessionId, title: 'Named by a person' })
  for (const question of ['One?', 'Two?']) {
    await ask(app, sessionId, question, 'An answer.')
    await live.until(({ state }) => state?.messages.at(-1)?.status === 'completed')
  }
  const texts = () => recorded.plans.map((plan) => plan.replaceAll(/\s+/g, ' '))
  await expect.poll(() => texts().filter((plan) => /set compacted_at/.test(plan)).length).toBe(2)
  expect(texts().filter((plan) => /insert into messages/.test(plan))).toHaveLength(2)
  expect(texts().filter((plan) => /update messages set status/.test(plan))).toHaveLength(2)
  expect(texts().filter((plan) => /insert into readers/.test(plan))).not.toEqual([])
  const bad = texts().filter((plan) => GROWING.test(plan) && !ALLOWED.test(plan))
  expect(bad).toEqual([])
})
