import { describe, expect, test } from 'vitest'
import { MAX_TEXT_LENGTH } from '../../../shared/contract/message.ts'
import { startTestApp } from '../../testing/app.ts'
import { startConversation } from '../../testing/conversation.ts'
import { watch } from '../../testing/clients/watch.ts'
import { onEachStorage } from '../../testing/each-storage.ts'

/** Sends and stops, repeated, refused, queued, on either database. */
onEachStorage((database, openStorage) => {
  describe(`a command, on ${database}`, () => {
    test('that is sent again by its id is the same send, also at the same time (P5)', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const { id: sessionId } = await app.caller.sessions.create({})
      const id = crypto.randomUUID()
      const send = () => app.caller.messages.send({ sessionId, id, text: 'Once' })
      const answers = await Promise.all([send(), send(), send()])
      expect(new Set(answers.map(({ runId }) => runId)).size).toBe(1)
      expect(await send()).toEqual(answers[0])
      await expect(
        app.caller.messages.send({ sessionId, id, text: 'Twice' }),
      ).rejects.toMatchObject({
        code: 'CONFLICT',
      })
      expect(await app.caller.messages.list({ sessionId })).toMatchObject({
        messages: [{ id }, {}],
      })
    })

    test('that creates a session twice creates one', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const id = crypto.randomUUID()
      const first = await app.caller.sessions.create({ id, title: 'Mine' })
      expect(await app.caller.sessions.create({ id })).toEqual(first)
    })

    test.each([
      {},
      { title: 'Half \ud83d of it', systemPrompt: 'Be \udc00 brief', model: 'demo' },
      { temporary: true, toolsOff: ['get_system_metrics'] },
      { archived: true, toolsOff: [], title: 'Kept' },
    ])('that creates a session tells what is read of it: %j', async (wanted) => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const made = await app.caller.sessions.create(wanted)
      expect(made).toEqual(await app.caller.sessions.get({ id: made.id }))
    })

    test('with ids in capitals is the same as with small letters', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const { id } = await app.caller.sessions.create({ id: crypto.randomUUID().toUpperCase() })
      const sessionId = id.toUpperCase()
      await using live = watch(app.caller, sessionId)
      await live.untilEvent('snapshot')
      const message = { sessionId, id: crypto.randomUUID().toUpperCase(), text: 'Capital' }
      const { messageId } = await app.caller.messages.send(message)
      const call = await app.model.nextCall()
      call.say('Yes')
      await live.untilEvent('chunk')
      expect(await app.caller.runs.stop({ sessionId })).toEqual({ stopped: true })
      await live.untilEvent('end')
      expect(await app.caller.messages.send(message)).toMatchObject({ messageId })
      expect(live.state?.messages[0]?.id).toBe(messageId)
      await app.caller.sessions.delete({ id: sessionId })
      await expect(app.caller.sessions.get({ id })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    })

    test('that finds the session busy waits its turn, in the order of the queue (P1)', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId, live } = talk
      await app.caller.messages.send({ sessionId, text: 'one' })
      const first = await app.model.nextCall()
      await app.caller.messages.send({ sessionId, text: 'two' })
      const { messageId } = await app.caller.messages.send({ sessionId, text: 'three' })
      await using joined = watch(app.caller, sessionId)
      await joined.untilEvent('snapshot')
      await live.until(({ state }) => state?.messages.length === 4)
      expect(joined.state).toEqual(live.state)
      // The message exists but is not in a branch yet.
      for (const early of [
        () => app.caller.messages.select({ id: messageId }),
        () => app.caller.messages.send({ sessionId, parentId: messageId, text: 'four' }),
      ]) {
        await expect(early()).rejects.toMatchObject({ code: 'CONFLICT' })
      }
      expect(live.state?.messages.map(({ status }) => status)).toEqual([
        'completed',
        'running',
        'queued',
        'queued',
      ])
      first.say('1')
      first.finish()
      const second = await app.model.nextCall()
      expect(second.step.messages.map((message) => 'text' in message && message.text)).toEqual([
        'one',
        '1',
        'two',
      ])
      second.say('2')
      second.finish()
      const third = await app.model.nextCall()
      third.say('3')
      third.finish()
      await live.until(
        ({ state }) =>
          state?.messages.at(-1)?.status === 'completed' && state.messages.length === 6,
      )
      await using fresh = watch(app.caller, sessionId)
      await fresh.untilEvent('snapshot')
      expect(fresh.state).toEqual(live.state)
      const messages = live.state?.messages ?? []
      expect(
        messages.map(({ parts }) =>
          parts.map((part) => (part.type === 'text' ? part.text : '')).join(''),
        ),
      ).toEqual(['one', '1', 'two', '2', 'three', '3'])
      expect(messages.slice(1).map(({ parentId }) => parentId)).toEqual(
        messages.slice(0, -1).map(({ id }) => id),
      )
    })

    test('that interrupts stops the answer first, and one that will not wait is refused', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId, live } = talk
      await app.caller.messages.send({ sessionId, text: 'one' })
      const first = await app.model.nextCall()
      await expect(
        app.caller.messages.send({ sessionId, text: 'no', whenBusy: 'reject' }),
      ).rejects.toMatchObject({ code: 'CONFLICT' })
      await app.caller.messages.send({ sessionId, text: 'waits' })
      await app.caller.messages.send({ sessionId, text: 'now', whenBusy: 'interrupt' })
      expect(await live.untilEvent('end')).toMatchObject({ outcome: 'stopped' })
      expect(first.signal.aborted).toBe(true)
      const second = await app.model.nextCall()
      expect(second.step.messages.at(-1)).toEqual({ role: 'user', text: 'now' })
      expect(await app.caller.runs.stop({ sessionId, clearQueue: true })).toEqual({ stopped: true })
      await live.until(({ state }) => state?.session.running === false)
      expect(live.state?.messages.map(({ status }) => status)).toEqual([
        'completed',
        'stopped',
        'completed',
        'stopped',
      ])
      await using fresh = watch(app.caller, sessionId)
      await fresh.untilEvent('snapshot')
      expect(fresh.state?.messages).toEqual(live.state?.messages)
    })

    test('that stops one run, however often and late, leaves the runs behind it alone (P9)', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const { id: sessionId } = await app.caller.sessions.create({})
      await using live = watch(app.caller, sessionId)
      await live.untilEvent('snapshot')
      const { runId } = await app.caller.messages.send({ sessionId, text: 'one' })
      await app.model.nextCall()
      await app.caller.messages.send({ sessionId, text: 'two' })
      const stop = () => app.caller.runs.stop({ sessionId, runId })
      expect((await stop()).stopped).toBe(true)
      const second = await app.model.nextCall()
      expect(await Promise.all([stop(), stop()])).toEqual([{ stopped: false }, { stopped: false }])
      second.say('done')
      second.finish()
      await live.until(({ state }) => state?.session.running === false)
      const answers = live.state?.messages.filter(({ role }) => role === 'assistant')
      expect(answers?.map(({ status }) => status)).toEqual(['stopped', 'completed'])
    })

    test('that stops and a model that finishes at the same moment make one ending (P9)', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId, live } = talk
      for (let round = 1; round <= 20; round += 1) {
        await app.caller.messages.send({ sessionId, text: `round ${round}` })
        const call = await app.model.nextCall()
        call.say('done')
        call.finish()
        const { stopped } = await app.caller.runs.stop({ sessionId })
        await live.until(
          ({ events }) => events.filter(({ event }) => event.type === 'end').length === round,
        )
        const { event } = live.events.findLast((logged) => logged.event.type === 'end') ?? {}
        expect(event).toMatchObject({ outcome: stopped ? 'stopped' : 'completed' })
      }
      expect(live.state?.session.running).toBe(false)
    })

    test('with bad input is refused with words that help, and changes nothing', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const { caller } = app
      const { id: sessionId } = await caller.sessions.create({})
      const refused = async (call: Promise<unknown>, code: string, words: RegExp) =>
        expect(call).rejects.toMatchObject({ code, message: expect.stringMatching(words) })
      await refused(
        caller.messages.send({ sessionId, text: '  \n ' }),
        'BAD_REQUEST',
        /needs some text/,
      )
      await refused(
        caller.messages.send({ sessionId, text: 'x'.repeat(MAX_TEXT_LENGTH + 1) }),
        'BAD_REQUEST',
        /200,000 characters/,
      )
      await refused(
        caller.messages.send({ sessionId: 'seven', text: 'x' }),
        'BAD_REQUEST',
        /^✖ Invalid UUID\n {2}→ at sessionId$/,
      )
      await refused(
        caller.messages.send({ sessionId: crypto.randomUUID(), text: 'x' }),
        'NOT_FOUND',
        /session/,
      )
      await refused(
        caller.messages.send({ sessionId, parentId: crypto.randomUUID(), text: 'x' }),
        'NOT_FOUND',
        /parent/,
      )
      for (const text of [{ title: '\u0000' }, { model: 'a\u0000' }, { systemPrompt: '\u0000b' }]) {
        await refused(caller.sessions.create(text), 'BAD_REQUEST', /U\+0000/)
        await refused(caller.sessions.update({ id: sessionId, ...text }), 'BAD_REQUEST', /U\+0000/)
      }
      const id = crypto.randomUUID()
      await refused(caller.messages.regenerate({ id, model: 'a\u0000' }), 'BAD_REQUEST', /U\+0000/)
      await refused(
        caller.tools.decide({ callId: id, decision: 'deny', reason: '\u0000' }),
        'BAD_REQUEST',
        /U\+0000/,
      )
      await refused(
        caller.tools.resolve({ callId: id, outcome: 'happened', note: '\u0000' }),
        'BAD_REQUEST',
        /U\+0000/,
      )
      await refused(caller.sessions.get({ id: crypto.randomUUID() }), 'NOT_FOUND', /session/)
      await refused(
        caller.sessions.update({ id: crypto.randomUUID(), pinned: true }),
        'NOT_FOUND',
        /session/,
      )
      await refused(caller.sessions.delete({ id: crypto.randomUUID() }), 'NOT_FOUND', /session/)
      await refused(caller.sessions.log({ id: crypto.randomUUID() }), 'NOT_FOUND', /session/)
      for (const place of [7, ['seven', id], ['0000-01-01T00:00:00.000Z', id]]) {
        const cursor = Buffer.from(JSON.stringify(place)).toString('base64url')
        await refused(caller.sessions.list({ cursor }), 'BAD_REQUEST', /nextCursor/)
      }
      await refused(caller.sessions.list({ cursor: 'seven' }), 'BAD_REQUEST', /nextCursor/)
      await refused(caller.runs.stop({ sessionId: crypto.randomUUID() }), 'NOT_FOUND', /session/)
      expect(await caller.messages.list({ sessionId })).toEqual({ messages: [], hasOlder: false })
      const text = `${'y'.repeat(MAX_TEXT_LENGTH - 2)}\u0000z`
      await caller.messages.send({ sessionId, text })
      expect(await caller.messages.list({ sessionId })).toMatchObject({
        messages: [{ parts: [{ type: 'text', text }] }, {}],
      })
    })

    test('that is the first of a session names it, without the U+0000 that Postgres keeps in no title', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const { caller } = app
      const { id } = await caller.sessions.create({})
      await caller.messages.send({ sessionId: id, text: 'Pasted\0 text' })
      expect(await caller.sessions.get({ id })).toMatchObject({ title: 'Pasted text' })
      await expect(caller.messages.send({ sessionId: id, text: ' \0' })).rejects.toMatchObject({
        code: 'BAD_REQUEST',
      })
    })

    test('of a list finds by title and by what was said, page by page, newest activity first', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const { caller } = app
      const made = []
      for (const title of ['Alpha', 'Beta 100%', 'Gamma']) {
        made.push(await caller.sessions.create({ title }))
      }
      const titles = async (input: Parameters<typeof caller.sessions.list>[0]) =>
        (await caller.sessions.list(input)).items.map(({ title }) => title)
      expect(await titles({})).toEqual(['Gamma', 'Beta 100%', 'Alpha'])
      await caller.messages.send({ sessionId: made[0]?.id ?? '', text: 'About the Zambezi' })
      expect(await titles({})).toEqual(['Alpha', 'Gamma', 'Beta 100%'])
      expect(await titles({ search: 'zambezi' })).toEqual(['Alpha'])
      expect(await titles({ search: '0%' })).toEqual(['Beta 100%'])
      expect(await titles({ search: '_' })).toEqual([])
      const first = await caller.sessions.list({ limit: 2 })
      const second = await caller.sessions.list({ limit: 2, cursor: first.nextCursor })
      expect([...first.items, ...second.items].map(({ title }) => title)).toEqual([
        'Alpha',
        'Gamma',
        'Beta 100%',
      ])
      expect(second.nextCursor).toBe(null)
      await caller.sessions.update({ id: made[2]?.id ?? '', archived: true })
      expect(await titles({})).toEqual(['Alpha', 'Beta 100%'])
      expect(await titles({ archived: true })).toEqual(['Gamma'])
    })
  })
})
