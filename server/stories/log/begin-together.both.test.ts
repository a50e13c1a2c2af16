import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { SessionId, UserId } from '../../../shared/contract/ids.ts'
import { watch } from '../../testing/clients/watch.ts'
import { ask, startConversation } from '../../testing/conversation.ts'
import { onEachStorage } from '../../testing/each-storage.ts'

/** Many readers at once, as after a restart: they share the statements that look their sessions up. */
onEachStorage((database, openStorage) => {
  describe(`readers that begin at the same time, on ${database}`, () => {
    test('each get what they would get alone (P2, P10)', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId: running, live } = talk
      const { caller } = app
      const { id: me } = await caller.me()
      const make = async () => (await caller.sessions.create({})).id
      const empty = await make()
      const branched = await make()
      await ask(app, branched, 'First', 'One.')
      await using reader = watch(caller, branched)
      await reader.until(({ state }) => state?.messages.at(-1)?.status === 'completed')
      const asked = reader.state?.messages[0]?.id ?? ''
      await caller.messages.edit({ id: asked, text: 'Second' })
      const second = await app.model.nextCall()
      second.say('Two.')
      second.finish()
      await reader.until(({ state }) => /Two/.test(JSON.stringify(state?.messages)))
      await reader.until(({ state }) => state?.messages.at(-1)?.status === 'completed')
      // The longest comes last, and has older messages than those that are asked for.
      const long = await make()
      for (const text of ['a', 'b', 'c']) await ask(app, long, text, text.repeat(50))
      // Longer than what is read together.
      const huge = await make()
      const book = randomBytes(600_000).toString('base64')
      await ask(app, huge, 'A book?', book)
      await expect.poll(() => caller.sessions.get({ id: huge })).toMatchObject({ running: false })
      await caller.messages.send({ sessionId: huge, text: 'And what is it about?' })
      const reading = await app.model.nextCall()
      expect(reading.step.messages.at(-1)).toMatchObject({ text: 'And what is it about?' })
      reading.finish()
      await expect.poll(() => caller.sessions.get({ id: huge })).toMatchObject({ running: false })
      await caller.messages.send({ sessionId: running, text: 'Go on' })
      const call = await app.model.nextCall()
      call.say('Once upon')
      await live.untilEvent('chunk')
      await caller.messages.send({ sessionId: running, text: 'And then?' })

      const missing = SessionId.parse(crypto.randomUUID())
      const ids = [running, empty, missing, branched, huge, long, empty, branched]
      const { reader: log } = app.services
      const wanted = ids.flatMap((id) =>
        [undefined, 1, 2].map((limit) => ({ user: me, id, limit })),
      )
      wanted.push({ user: UserId.parse(crypto.randomUUID()), id: branched, limit: undefined })
      const take = ({ user, id, limit }: (typeof wanted)[number]) => log.snapshot(user, id, limit)
      const alone = []
      for (const one of wanted) alone.push(await take(one))
      const together = await Promise.all(wanted.map(take))
      expect(together).toEqual(alone)
      expect(alone.map((snapshot) => snapshot?.event.messages.length ?? null)).toEqual([
        ...[3, 2, 3],
        ...[0, 0, 0],
        ...[null, null, null],
        ...[2, 1, 2],
        ...[2, 1, 2],
        ...[6, 1, 2],
        ...[0, 0, 0],
        ...[2, 1, 2],
        null,
      ])
      call.finish()
    })

    test('see that there is something before an answer that is longer than a page (P2)', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId } = talk
      const { id: me } = await app.caller.me()
      await ask(app, sessionId, 'A long book?', randomBytes(2_000_000).toString('base64'))
      const session = () => app.caller.sessions.get({ id: sessionId })
      await expect.poll(session).toMatchObject({ running: false })
      const snapshot = await app.services.reader.snapshot(me, SessionId.parse(sessionId))
      expect(snapshot?.event).toMatchObject({ hasOlder: true, messages: [{ role: 'assistant' }] })
      const before = snapshot?.event.messages[0]?.id ?? ''
      const older = await app.caller.messages.list({ sessionId, before })
      expect(older).toMatchObject({ hasOlder: false, messages: [{ role: 'user' }] })
    })

    test('again go on from their cursors, and miss nothing that comes meanwhile (P1)', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId, live } = talk
      await ask(app, sessionId, 'Hello', 'Hi.')
      await live.untilEvent('end')
      const ended = live.state
      const late = Array.from({ length: 20 }, () => watch(app.caller, sessionId, ended))
      const stranger = watch(app.caller, crypto.randomUUID(), ended)
      await ask(app, sessionId, 'And?', 'So on.')
      await expect(stranger.untilEvent('end')).rejects.toMatchObject({ code: 'NOT_FOUND' })
      await live.until(
        ({ events }) => events.filter(({ event }) => event.type === 'end').length === 2,
      )
      for (const reader of late) {
        await reader.until(() => (reader.state?.seq ?? 0) >= (live.state?.seq ?? 0))
        expect(reader.state).toEqual(live.state)
        expect(reader.events.some(({ event }) => event.type === 'snapshot')).toBe(false)
        await reader.stop()
      }
    })
  })
})
