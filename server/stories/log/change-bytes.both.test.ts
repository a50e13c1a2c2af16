import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { countChangeBytes, measureStoredBytes } from '../../../db/queries/limits/stored-bytes.ts'
import { UserId } from '../../../shared/contract/ids.ts'
import type { TestApp } from '../../testing/app.ts'
import { callerAs, makePerson, startForCallers } from '../../testing/clients/callers.ts'
import { onEachStorage } from '../../testing/each-storage.ts'
import { fileWithCall } from '../../testing/file-with-call.ts'
import { watch } from '../../testing/clients/watch.ts'

async function bytesOf({ services }: TestApp, userId: string): Promise<number> {
  return (await measureStoredBytes(services.database.db, UserId.parse(userId))).bytes
}

async function loggedBytes({ services }: TestApp, sessionId: string): Promise<number> {
  const { rows } = await sql<{ bytes: number }>`
    select coalesce(sum(octet_length(data)), 0)::int as bytes from events
    where session_id = ${sessionId} and type in ('session', 'branch')`.execute(services.database.db)
  return rows[0]?.bytes ?? 0
}

onEachStorage((database, openStorage) => {
  describe(`what logs say again, on ${database}`, () => {
    test('whatever a log grows by at changes counts as stored, and goes with the conversation', async () => {
      await using storage = await openStorage()
      await using app = await startForCallers(storage)
      const id = await makePerson(app)
      const ann = await callerAs(app, id)
      const before = await bytesOf(app, id)
      const session = await ann.sessions.create({})
      await ann.messages.send({ sessionId: session.id, text: 'Hi' })
      const call = await app.model.nextCall()
      const said = 'An answer. '.repeat(1_000)
      call.say(said)
      call.finish()
      await using live = watch(ann, session.id)
      await live.untilEvent('snapshot')
      await live.until(({ state }) => state?.messages.at(-1)?.status === 'completed')
      for (const title of ['One', 'Two', 'Three']) {
        await ann.sessions.update({ id: session.id, title, systemPrompt: '好'.repeat(10_000) })
      }
      const told = await loggedBytes(app, session.id)
      expect(told).toBeGreaterThan(90_000)
      expect(await bytesOf(app, id)).toBeGreaterThanOrEqual(before + told + said.length)

      // An answer is told whole with each rating.
      const answer = live.state?.messages.at(-1)
      const unrated = await bytesOf(app, id)
      for (const rating of ['up', 'down', 'up'] as const) {
        await ann.messages.rate({ id: answer?.id ?? '', rating })
      }
      expect(await bytesOf(app, id)).toBeGreaterThan(unrated + 3 * said.length)

      // So is one that was cut each time that it is continued,
      const stop = async () => {
        await ann.runs.stop({ sessionId: session.id })
        await live.until(({ state }) => state?.session.running === false)
      }
      await ann.messages.send({ sessionId: session.id, text: 'Go on' })
      const cut = await app.model.nextCall()
      cut.say(said)
      await live.until(({ state }) => state?.messages.at(-1)?.parts.length === 1)
      const cutId = live.state?.messages.at(-1)?.id ?? ''
      await stop()
      const uncontinued = await bytesOf(app, id)
      for (const _ of [1, 2]) {
        await ann.messages.continue({ id: cutId })
        await app.model.nextCall()
        await live.until(({ state }) => state?.session.running === true)
        await stop()
      }
      expect(await bytesOf(app, id)).toBeGreaterThan(uncontinued + 2 * said.length)

      // and a message that waits with each edit of it.
      await ann.messages.send({ sessionId: session.id, text: 'And on' })
      await app.model.nextCall()
      const { messageId } = await ann.messages.send({ sessionId: session.id, text: said })
      const unedited = await bytesOf(app, id)
      for (const edit of [1, 2, 3]) {
        await ann.messages.edit({ id: messageId, text: `${said}${edit}` })
      }
      expect(await bytesOf(app, id)).toBeGreaterThan(unedited + 3 * said.length)

      await ann.sessions.delete({ id: session.id })
      expect(await bytesOf(app, id)).toBe(before)
    })

    test('a message that was taken back counts: the log has it', async () => {
      await using storage = await openStorage()
      await using app = await startForCallers(storage)
      const id = await makePerson(app)
      const ann = await callerAs(app, id)
      const { id: sessionId } = await ann.sessions.create({})
      await ann.messages.send({ sessionId, text: 'First' })
      await app.model.nextCall()
      const before = await bytesOf(app, id)
      const waiting = await ann.messages.send({ sessionId, text: 'x'.repeat(50_000) })
      await ann.messages.unqueue({ id: waiting.messageId })
      expect(await bytesOf(app, id)).toBeGreaterThan(before + 50_000)
    })

    test('changes without end are refused in the end, on every node, and deleting makes room', async () => {
      await using storage = await openStorage()
      await using app = await startForCallers(storage, { LIMIT_STORAGE_MB: '1' })
      const ann = await callerAs(app, await makePerson(app))
      const { id } = await ann.sessions.create({})
      const [withCall] = (await ann.sessions.import({ data: fileWithCall() })).sessions
      const { messages } = await ann.messages.list({ sessionId: withCall?.id ?? '' })
      const [part] = messages.at(-1)?.parts ?? []
      const callId = part?.type === 'tool' ? part.call.id : ''
      // A little more than all may be: who has none left can still rename and archive.
      const days = (megabytes: number) =>
        countChangeBytes(app.services.database.db, id, megabytes * 1024 * 1024)
      await days(2)
      await ann.sessions.update({ id, title: 'Renamed' })
      await expect(ann.messages.send({ sessionId: id, text: 'Hi' })).rejects.toThrow(/1 MB/)
      await days(16)
      const refused = { code: 'TOO_MANY_REQUESTS' }
      await expect(ann.sessions.update({ id, title: 'Again' })).rejects.toMatchObject(refused)
      const retry = ann.tools.resolve({ callId, outcome: 'retry' })
      await expect(retry).rejects.toMatchObject(refused)
      await ann.sessions.delete({ id })
      const { id: next } = await ann.sessions.create({})
      await ann.sessions.update({ id: next, title: 'Again' })
    })
  })
})
