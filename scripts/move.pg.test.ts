import { expect, test } from 'vitest'
import { memoryDatabase } from '../db/engine/testing.ts'
import { connect } from '../db/engine/connect.ts'
import { hashTranscripts } from '../db/queries/transfer/tables.ts'
import { startTestApp } from '../server/testing/app.ts'
import { moveDatabase } from './move.ts'
import { createEmptyDatabase } from './testing/test-database.ts'

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
  }
  const before = await hashTranscripts(embedded.db)
  expect(before.size).toBe(4)
  await using storage = await createEmptyDatabase()
  const postgres = await connect({ databaseUrl: storage.url })
  expect(await moveDatabase(embedded, postgres)).toMatchObject({ sessions: 4 })
  expect(await hashTranscripts(postgres.db)).toEqual(before)
  await expect(moveDatabase(embedded, postgres)).rejects.toThrow(/not empty/)
  await postgres.close()
  await embedded.close()

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
