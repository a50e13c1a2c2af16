import { expect, test } from 'vitest'
import { memoryDatabase } from '../db/engine/testing.ts'
import { connect } from '../db/engine/connect.ts'
import { migrate } from '../db/engine/migrate.ts'
import { fillSession } from '../db/queries/testing.ts'
import { hashTranscripts } from '../db/queries/transfer/tables.ts'
import { startTestApp } from '../server/testing/app.ts'
import { moveDatabase } from './move.ts'
import { amount } from './testing/amount.ts'
import { createEmptyDatabase, execute } from './testing/postgres/test-database.ts'

/** Further sessions, and the questions in each. */
const FILLED = { sessions: amount(0, 20), questions: 2_500 }

/** A move of much data takes longer than the server lets a statement, or a pause in a transaction, take. */
const REFUSE_LIMITS = `
  create function refuse_limits() returns trigger language plpgsql as $$ begin
    if current_setting('statement_timeout') <> '0'
      or current_setting('idle_in_transaction_session_timeout') <> '0' then
      raise 'a limit of time holds';
    end if;
    return new;
  end $$;
  create trigger refuse_limits before insert on messages for each row execute function refuse_limits()`

test('what an embedded database holds moves to Postgres whole: logs, queued messages, and an answer that was cut', async () => {
  const embedded = await memoryDatabase()
  const kept = { ...embedded, close: async () => undefined }
  const texts = ['\u0000 "quoted" \\u0000', '🜁 {not,an,array}', 'NULL']
  let cut = ''
  {
    await using app = await startTestApp({ openDatabase: async () => kept })
    for (const text of texts) {
      const { id } = await app.caller.sessions.create({ title: text.replaceAll('\u0000', '') })
      await app.caller.messages.send({ sessionId: id, text: text.replaceAll('\u0000', '?') })
      const call = await app.model.nextCall()
      call.callTools({ name: 'get_system_metrics', arguments: { metric_type: 'uptime' } })
      const next = await app.model.nextCall()
      next.say(text)
      next.finish()
      await expect.poll(async () => (await app.caller.sessions.get({ id })).running).toBe(false)
    }
    const { id } = await app.caller.sessions.create({ title: 'Cut' })
    cut = id
    await app.caller.messages.send({ sessionId: id, text: 'First' })
    ;(await app.model.nextCall()).say('Half of an ')
    await app.caller.messages.send({ sessionId: id, text: 'Second, in the queue' })
    const { id: userId } = await app.caller.me()
    for (let number = 0; number < FILLED.sessions; number += 1) {
      const filled = await app.caller.sessions.create({ title: `Filled ${number}` })
      await fillSession(embedded.db, { id: filled.id, userId }, FILLED.questions)
    }
  }
  const before = await hashTranscripts(embedded.db)
  expect(before.size).toBe(4 + FILLED.sessions)
  await using storage = await createEmptyDatabase()
  const postgres = await connect({ databaseUrl: storage.url })
  await migrate(postgres.db)
  await execute(storage.url, REFUSE_LIMITS)
  const began = performance.now()
  const moved = await moveDatabase(embedded, postgres)
  const seconds = (performance.now() - began) / 1_000
  console.log(
    `Moved ${moved.sessions} conversations, ${moved.rows} rows, in ${seconds.toFixed(1)} s`,
  )
  expect(moved).toMatchObject({ sessions: 4 + FILLED.sessions })
  expect(await hashTranscripts(postgres.db)).toEqual(before)
  await expect(moveDatabase(embedded, postgres)).rejects.toThrow(/not empty/)
  await postgres.close()
  await embedded.close()
  await execute(storage.url, 'drop function refuse_limits cascade')

  await using app = await startTestApp({ env: { DATABASE_URL: storage.url } })
  for (const answer of ['First', 'Second, in the queue']) {
    const call = await app.model.nextCall()
    expect(call.step.messages.at(-1)).toMatchObject({ text: answer })
    call.say('Done.')
    call.finish()
  }
  await expect
    .poll(async () => {
      const { messages } = await app.caller.messages.list({ sessionId: cut })
      return messages.map(({ status }) => status)
    })
    .toEqual(['completed', 'completed', 'completed', 'completed'])
})
