import { randomBytes, randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { countChangeBytes } from '../../../db/queries/limits/stored-bytes.ts'
import { SessionId } from '../../../shared/contract/ids.ts'
import { talkFile } from '../../sessions/testing/talk-file.ts'
import type { TestApp } from '../../testing/app.ts'
import {
  callerAs,
  countAllowed,
  makePerson,
  startForCallers,
} from '../../testing/clients/callers.ts'
import { onEachStorage } from '../../testing/each-storage.ts'

const MEGABYTE = 1024 * 1024
const REFUSED = { code: 'TOO_MANY_REQUESTS', message: expect.stringContaining('MB') }

async function textBytes({ services }: TestApp): Promise<number> {
  const { rows } = await sql<{ bytes: number }>`
    select coalesce(sum(octet_length(text)), 0)::bigint as bytes from messages`.execute(
    services.database.db,
  )
  return rows[0]?.bytes ?? 0
}

/** Makes a session count as so much more, as changes on another node would. */
async function storeChanges({ services }: TestApp, sessionId: string, megabytes: number) {
  await countChangeBytes(services.database.db, SessionId.parse(sessionId), megabytes * MEGABYTE)
}

/** A conversation of ChatGPT whose only answer has so many ends, each of which has its text whole. */
function forkedLate(ends: number, length: number) {
  const ids = Array.from({ length: ends }, (_, index) => `end${index}`)
  const said = (role: string, text: string) => ({
    author: { role },
    content: { content_type: 'text', parts: [text] },
  })
  const end = { message: said('assistant', 'y'), parent: 'long', children: [] }
  return {
    title: 'Forked late',
    mapping: {
      question: { message: said('user', 'Hi'), parent: null, children: ['long'] },
      long: { message: said('assistant', 'x'.repeat(length)), parent: 'question', children: ids },
      ...Object.fromEntries(ids.map((id) => [id, end])),
    },
  }
}

/** A conversation whose answer is 400 KB of reasoning that compresses badly. */
function thoughtFile() {
  const thoughts = randomBytes(300_000).toString('base64')
  const file = talkFile('Thought', ['Why?', ''])
  file.sessions[0]?.messages[1]?.parts.unshift({ type: 'reasoning', text: thoughts })
  return { file, thoughts }
}

/** The limit of stored bytes (P15) holds for what is stored of little that was sent, on either database. */
onEachStorage((database, openStorage) => {
  describe(`bytes of copies, on ${database}`, () => {
    test('a small file that becomes more than a person may store is refused whole', async () => {
      await using storage = await openStorage()
      await using app = await startForCallers(storage, { LIMIT_STORAGE_MB: '70' })
      const ann = await callerAs(app, await makePerson(app))
      const { id } = await ann.sessions.create({ title: 'Old' })
      await ann.sessions.import({ data: [forkedLate(2, 10_000)] })
      const before = await textBytes(app)
      // This node has measured, and takes it that there is ample room.
      await storeChanges(app, id, 68)
      const data = [forkedLate(4, 640_000)]
      await expect(ann.sessions.import({ data })).rejects.toMatchObject(REFUSED)
      expect(await textBytes(app)).toBe(before)
      await ann.sessions.import({ data: [forkedLate(2, 640_000)] })
    })

    test('forks count as what they store, also at once', async () => {
      await using storage = await openStorage()
      await using app = await startForCallers(storage, { LIMIT_STORAGE_MB: '1' })
      const ann = await callerAs(app, await makePerson(app))
      const { id: sessionId } = await ann.sessions.create({ title: 'Long' })
      app.model.plan('An answer.')
      const { messageId } = await ann.messages.send({ sessionId, text: 'q'.repeat(199_000) })
      await expect.poll(() => ann.sessions.get({ id: sessionId })).toMatchObject({ running: false })
      const fork = () => ann.sessions.fork({ messageId })
      const atOnce = await countAllowed(Array.from({ length: 10 }, fork))
      if (database === 'Postgres') {
        expect(atOnce).toBe(4)
      }
      // The embedded database counts copies also while they are made, so fewer of them may find room at once.
      for (let made = atOnce; made < 4; made += 1) await fork()
      expect(await textBytes(app)).toBeLessThanOrEqual(MEGABYTE)
      await expect(fork()).rejects.toMatchObject(REFUSED)
    })

    test('a fork of a large branch is measured, whatever this node takes for the room', async () => {
      await using storage = await openStorage()
      await using app = await startForCallers(storage, { LIMIT_STORAGE_MB: '100' })
      const ann = await callerAs(app, await makePerson(app))
      const { sessions } = await ann.sessions.import({ data: [forkedLate(1, 1_000_000)] })
      const { messages } = await ann.messages.list({ sessionId: sessions[0]?.id ?? '' })
      const messageId = messages.at(-1)?.id ?? ''
      await ann.sessions.fork({ messageId })
      await storeChanges(app, sessions[0]?.id ?? '', 97.5)
      await expect(ann.sessions.fork({ messageId })).rejects.toMatchObject(REFUSED)
    })

    test('reasoning counts, whether it was imported or thought of here', async () => {
      await using storage = await openStorage()
      await using app = await startForCallers(storage, { LIMIT_STORAGE_MB: '1' })
      const ann = await callerAs(app, await makePerson(app))
      const { file, thoughts } = thoughtFile()
      await ann.sessions.import({ data: file })
      const { id: sessionId } = await ann.sessions.create({})
      await ann.messages.send({ sessionId, text: 'And why not?' })
      const call = await app.model.nextCall()
      call.push({ type: 'reasoning', text: thoughts })
      call.say('Because.')
      call.finish()
      await expect.poll(() => ann.sessions.get({ id: sessionId })).toMatchObject({ running: false })
      await expect(ann.sessions.import({ data: file })).rejects.toMatchObject(REFUSED)
    })

    test('a fork of reasoning is measured, whatever this node takes for the room', async () => {
      await using storage = await openStorage()
      await using app = await startForCallers(storage, { LIMIT_STORAGE_MB: '100' })
      const ann = await callerAs(app, await makePerson(app))
      const { sessions } = await ann.sessions.import({ data: thoughtFile().file })
      const sessionId = sessions[0]?.id ?? ''
      const { messages } = await ann.messages.list({ sessionId })
      const messageId = messages.at(-1)?.id ?? ''
      await ann.sessions.fork({ messageId })
      await storeChanges(app, sessionId, 99)
      await expect(ann.sessions.fork({ messageId })).rejects.toMatchObject(REFUSED)
    })

    test('instructions count, and a repeated create is the same session at the limit', async () => {
      await using storage = await openStorage()
      await using app = await startForCallers(storage, { LIMIT_STORAGE_MB: '0.2' })
      const ann = await callerAs(app, await makePerson(app))
      const long = { systemPrompt: 'é'.repeat(50_000) }
      const create = (id: string) => ann.sessions.create({ id, ...long })
      const ids = Array.from({ length: 6 }, () => randomUUID())
      expect(await countAllowed(ids.map(create))).toBe(2)
      const kept = (await ann.sessions.list({})).items.map(({ id }) => id)
      expect(kept).toHaveLength(2)
      expect(await create(kept[0] ?? '')).toMatchObject({ id: kept[0], ...long })
      const { id } = await ann.sessions.create({ title: 'Without' })
      await ann.sessions.update({ id, title: 'Renamed', systemPrompt: null })
      await expect(ann.sessions.update({ id, ...long })).rejects.toMatchObject(REFUSED)
      expect(await ann.sessions.get({ id })).toMatchObject({ systemPrompt: null })
      await ann.sessions.delete({ id: kept[0] ?? '' })
      await ann.sessions.update({ id, systemPrompt: 'Be brief.' })
      await ann.sessions.delete({ id: kept[1] ?? '' })
      const others = await Promise.all(ids.map(() => ann.sessions.create({})))
      const update = (other: { id: string }) => ann.sessions.update({ id: other.id, ...long })
      // A change stores them twice: in the log too.
      expect(await countAllowed(others.map(update))).toBe(1)
    })
  })
})
