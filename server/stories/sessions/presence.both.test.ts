import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { UserId } from '../../../shared/contract/ids.ts'
import { connect } from '../../../shared/client/index.ts'
import { startTestApp } from '../../testing/app.ts'
import type { Storage, TestApp } from '../../testing/app.ts'
import { askFirst } from '../../testing/ask-first.ts'
import { followList, nextDeleted } from '../../testing/clients/followed-list.ts'
import { postFile } from '../../testing/clients/post-file.ts'
import { openTab } from '../../testing/clients/tab.ts'
import { answerWriting, converse, until, untilClosed } from '../../testing/closing-session.ts'
import { onEachStorage } from '../../testing/each-storage.ts'
import { loseAnswer } from '../../testing/lost-answer.ts'

/** Long enough for a reader to come back within it. Seconds. */
const GRACE_SECONDS = 0.4

/** Closing and reopening, on either database. */
onEachStorage((name, openStorage) => {
  const start = (storage: Storage, grace = GRACE_SECONDS) =>
    startTestApp({ env: { ...storage.env, SESSION_GRACE_SECONDS: String(grace) } })

  describe(`presence on ${name}`, () => {
    test('a session closes once when the last of its readers has been gone for the grace, and is summarised (P14)', async () => {
      await using storage = await openStorage()
      await using app = await start(storage)
      const id = await converse(app)
      const one = await openTab(app, id)
      const other = await openTab(app, id)
      await one.stop()
      await longerThanGrace(app)
      expect(await app.caller.sessions.get({ id })).toMatchObject({ status: 'active' })
      await other.stop()
      const closed = await untilClosed(app, id)
      expect(Date.parse(closed.endedAt ?? '')).toBeGreaterThan(Date.parse(closed.createdAt))
      expect(closed.durationMs).toBeGreaterThan(GRACE_SECONDS * 1000)
      expect(closed.summary).toBeNull()
      const writing = await app.model.nextWriting()
      expect(writing.step.systemPrompt).toContain('Summarise the conversation')
      expect(writing.step.messages).toEqual([
        { role: 'user', text: 'User: What is a quay?\n\nAssistant: A place for ships.' },
      ])
      writing.say('About quays.')
      writing.finish()
      await until(app, id, ({ summary }) => summary === 'About quays.')
      const { events } = await app.caller.sessions.log({ id })
      const told = events.flatMap(({ event }) => (event.type === 'session' ? [event.session] : []))
      expect(told.filter(({ status }) => status === 'closed')).toMatchObject([
        { summary: null },
        { summary: 'About quays.' },
      ])
    })

    test('somebody who may not read a session neither lets it close nor keeps its person from being counted (P10, P14)', async () => {
      await using storage = await openStorage()
      await using app = await start(storage)
      const [{ presence, database }, { id: me }] = [app.services, await app.caller.me()]
      const [bob, notTheirs] = [UserId.parse(crypto.randomUUID()), { code: 'NOT_FOUND' }]
      const { id: unwatched } = await app.caller.sessions.create({})
      await expect(presence.enter(unwatched, bob)).rejects.toMatchObject(notTheirs)
      const { id } = await app.caller.sessions.create({})
      const [bobs, mine] = await Promise.allSettled([
        presence.enter(id, bob),
        presence.enter(id, me),
      ])
      expect([bobs, mine]).toMatchObject([{ reason: notTheirs }, { status: 'fulfilled' }])
      const read = database.db.selectFrom('readers').select('session_id as id').execute()
      expect(await read).toEqual([{ id }])
      await longerThanGrace(app)
      const logs = [unwatched, id].map((open) => app.caller.sessions.log({ id: open }))
      expect(await Promise.all(logs)).toMatchObject([{ events: [] }, { events: [] }])
    })

    test('whoever came is gone again, also when the database lost the word that they had come (P14)', async () => {
      await using storage = await openStorage()
      await using app = await start(storage)
      const [{ presence, database }, { id: me }] = [app.services, await app.caller.me()]
      const { id } = await app.caller.sessions.create({})
      const readers = () => database.db.selectFrom('readers').select('session_id as id').execute()
      const lost = loseAnswer(database.db, 'enter_sessions')
      await expect(presence.enter(id, me)).rejects.toThrow('lost')
      expect(lost.isDone).toBe(true)
      await expect.poll(readers).toEqual([])
    })

    test('a temporary session is deleted with everything in it when it closes, and the list hears of it', async () => {
      await using storage = await openStorage()
      await using app = await start(storage)
      const url = await app.listen()
      const [own, shared] = [await postFile(url, 'own'), await postFile(url, 'shared')]
      const { id } = await app.caller.sessions.create({ temporary: true })
      const kept = await app.caller.sessions.create({})
      const list = await app.caller.sessions.changes()
      const told = nextDeleted(list)
      const tab = await openTab(app, id)
      const files = [own.body.id, shared.body.id]
      app.model.plan('Of course.')
      await app.caller.messages.send({ sessionId: id, text: 'Between us', files })
      await tab.until(({ state }) => state?.messages.at(-1)?.status === 'completed')
      expect(tab.state?.session).toMatchObject({ temporary: true })
      app.model.plan('That one.')
      await app.caller.messages.send({
        sessionId: kept.id,
        text: 'Which?',
        files: [files[1] ?? ''],
      })
      await tab.stop()
      expect(await told).toBe(id)
      await expect(app.caller.sessions.get({ id })).rejects.toMatchObject({ code: 'NOT_FOUND' })
      expect(await app.caller.sessions.search({ query: 'Between' })).toEqual([])
      const { items } = await app.caller.sessions.list({})
      expect(items.map((session) => session.id)).toEqual([kept.id])
      // A file that a message of another session has stays.
      expect((await app.caller.files.list({})).items).toEqual([shared.body])
    })

    test('coming back within the grace cancels the closing (P14)', async () => {
      await using storage = await openStorage()
      await using app = await start(storage, 2)
      const { id } = await app.caller.sessions.create({})
      await (await openTab(app, id)).stop()
      await using back = await openTab(app, id)
      await longerThanGrace(app)
      expect(back.state?.session).toMatchObject({ status: 'active', endedAt: null })
      expect(await app.caller.sessions.log({ id })).toMatchObject({ events: [] })
    })

    test('coming back later opens it again for every tab, and its time goes on from what it was (P14)', async () => {
      await using storage = await openStorage()
      await using app = await start(storage)
      const id = await converse(app)
      await (await openTab(app, id)).stop()
      const first = await untilClosed(app, id)
      const summary = await app.model.nextWriting()
      const back = await openTab(app, id)
      expect(back.state?.session).toMatchObject({ status: 'active', endedAt: null })
      summary.say('Too late.')
      summary.finish()
      await longerThanGrace(app)
      expect(back.state?.session).toMatchObject({ status: 'active', summary: null })
      await back.stop()
      const second = await untilClosed(app, id)
      expect(second.durationMs).toBeGreaterThan((first.durationMs ?? 0) + GRACE_SECONDS * 1000)
      const again = await app.model.nextWriting()
      again.say('In time.')
      again.finish()
      await until(app, id, (session) => session.summary === 'In time.')
    })

    test('an answer under way keeps it open; it ends with the answer (P14)', async () => {
      await using storage = await openStorage()
      await using app = await start(storage)
      const { id } = await app.caller.sessions.create({ title: 'Mine' })
      const tab = await openTab(app, id)
      await app.caller.messages.send({ sessionId: id, text: 'Hello' })
      const call = await app.model.nextCall()
      await tab.stop()
      await longerThanGrace(app)
      expect(await app.caller.sessions.get({ id })).toMatchObject({ status: 'active' })
      const before = new Date().toISOString()
      call.say('Hello yourself.')
      call.finish()
      const closed = await untilClosed(app, id)
      expect(Date.parse(closed.endedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(before) - 5)
      await answerWriting(app, 'Greetings.')
      await until(app, id, ({ summary }) => summary === 'Greetings.')
    })

    test('what is said in a closed session opens it, and it closes again behind the answer (P14)', async () => {
      await using storage = await openStorage()
      await using app = await start(storage)
      const id = await converse(app)
      await (await openTab(app, id)).stop()
      await answerWriting(app, 'One question.')
      await until(app, id, ({ summary }) => summary === 'One question.')
      await app.caller.messages.send({ sessionId: id, text: 'And a wharf?' })
      expect(await app.caller.sessions.get({ id })).toMatchObject({ status: 'active' })
      const call = await app.model.nextCall()
      call.say('The same.')
      call.finish()
      await untilClosed(app, id)
      await answerWriting(app, 'Two questions.')
      await until(app, id, ({ summary }) => summary === 'Two questions.')
    })

    test('a socket that is gone has left, the web app’s as well as a plain one (P14)', async () => {
      await using storage = await openStorage()
      await using app = await start(storage)
      const url = await app.listen()
      const { id } = await app.caller.sessions.create({})
      const plain = new WebSocket(`${url.replace('http', 'ws')}/ws/session/${id}`)
      await once(plain, 'message')
      const client = connect({ url })
      for await (const _ of client.session(id).events()) {
        break
      }
      await using elsewhere = connect({ url })
      const watching = elsewhere.session(id).events()[Symbol.asyncIterator]()
      await watching.next()
      await longerThanGrace(app)
      plain.terminate()
      await longerThanGrace(app)
      expect(await app.caller.sessions.get({ id })).toMatchObject({ status: 'active' })
      await elsewhere.close()
      await untilClosed(app, id)
      await client.close()
      const again = new WebSocket(`${url.replace('http', 'ws')}/ws/session/${id}`)
      await once(again, 'message')
      await until(app, id, ({ status }) => status === 'active')
      again.terminate()
      await untilClosed(app, id)
    })

    test('a session that nobody ever watched stays open', async () => {
      await using storage = await openStorage()
      await using app = await start(storage, 0)
      const id = await converse(app)
      const { id: read } = await app.caller.sessions.create({})
      await (await openTab(app, read)).stop()
      await untilClosed(app, read)
      expect(await app.caller.sessions.get({ id })).toMatchObject({ status: 'active' })
    })

    test('lists hear of a session that runs, waits, is renamed, closes and opens again', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp({
        env: { ...storage.env, SESSION_GRACE_SECONDS: '0' },
        tools: [askFirst],
      })
      await using list = await followList(app)
      const { id } = await app.caller.sessions.create({})
      await list.until((session) => session.id === id)
      const tab = await openTab(app, id)
      await app.caller.messages.send({ sessionId: id, text: 'Hello' })
      await list.until(({ running, waiting }) => running && !waiting)
      const asking = await app.model.nextCall()
      asking.callTools({ name: 'ask_first', arguments: {} })
      await list.until(({ running, waiting }) => running && waiting)
      await tab.until(({ state }) => state?.session.waiting === true)
      const part = tab.state?.messages.at(-1)?.parts.find(({ type }) => type === 'tool')
      const callId = part?.type === 'tool' ? part.call.id : ''
      await app.caller.tools.decide({ callId, decision: 'approve' })
      await list.until(({ running, waiting }) => running && !waiting)
      const call = await app.model.nextCall()
      call.say('Hi.')
      call.finish()
      await list.until(({ running }) => !running)
      await answerWriting(app, 'Greetings')
      await list.until(({ title }) => title === 'Greetings')
      await tab.stop()
      await list.until(({ status }) => status === 'closed')
      await answerWriting(app, 'They greeted.')
      await list.until(({ summary }) => summary === 'They greeted.')
      await using _back = await openTab(app, id)
      await list.until(({ status, endedAt }) => status === 'active' && endedAt === null)
    })
  })
})

/**
 * Resolves when a session that loses its readers now has closed; any session that lost them earlier would have closed
 * too.
 */
async function longerThanGrace(app: TestApp): Promise<void> {
  const { id } = await app.caller.sessions.create({ title: 'Left' })
  await (await openTab(app, id)).stop()
  await untilClosed(app, id)
}
