import { describe, expect, test } from 'vitest'
import { readEvents } from '../../../db/queries/log/events.ts'
import type { LoggedEvent } from '../../../shared/contract/events.ts'
import { SessionId } from '../../../shared/contract/ids.ts'
import type { SessionState } from '../../../shared/session/fold.ts'
import { fold } from '../../../shared/session/fold.ts'
import { startTestApp } from '../../testing/app.ts'
import type { TestApp } from '../../testing/app.ts'
import { startConversation } from '../../testing/conversation.ts'
import { textOf, watch } from '../../testing/clients/watch.ts'
import { onEachStorage } from '../../testing/each-storage.ts'

/** Readers that disconnect and reconnect, on either database. */
onEachStorage((database, openStorage) => {
  describe(`a reader, on ${database}`, () => {
    test('who joins in the middle of an answer gets its whole prefix at once, then the rest (P2)', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId: id, live: first } = talk
      await app.caller.messages.send({ sessionId: id, text: 'Tell me' })
      const call = await app.model.nextCall()
      call.say('Once upon')
      await first.untilEvent('chunk')
      await using second = watch(app.caller, id)
      await second.untilEvent('snapshot')
      const answer = second.state?.messages.at(-1)
      expect(answer).toMatchObject({
        status: 'running',
        parts: [{ type: 'text', text: 'Once upon' }],
      })
      expect(second.state).toEqual(first.state)
      call.say(' a time')
      call.finish()
      await second.untilEvent('end')
      await first.untilEvent('end')
      expect(second.state).toEqual(first.state)
    })

    test('who reconnects from any place sees what the others see, also long after the end (P1, P2, P4)', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId: id, live } = talk
      await converse(app, id)
      await live.until(
        ({ events }) => events.filter(({ event }) => event.type === 'end').length === 2,
      )
      const states = statesOf(live.events)
      await untilCompacted(app, id)
      for (const state of states) {
        await using late = watch(app.caller, id, state)
        await late.until(() => (late.state?.seq ?? 0) >= (live.state?.seq ?? 0))
        expect(late.state).toEqual(live.state)
        expect(late.events.some(({ event }) => event.type === 'snapshot')).toBe(false)
      }
    })

    test('whose cursor the log cannot continue from gets a snapshot (P3)', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const { id } = await app.caller.sessions.create({})
      await converse(app, id)
      const texts = ['999999', '-1', '1.5', '1e0', '0x1', ' ', 'nonsense', '', '9'.repeat(99)]
      for (const lastEventId of [...texts, -1, 999999, 1.5]) {
        const leave = new AbortController()
        const events: AsyncIterable<unknown> = await app.caller.sessions.watch({ id, lastEventId })
        const iterator = events[Symbol.asyncIterator]()
        const { value } = await iterator.next()
        expect(Array.from(value as ArrayLike<unknown>)[1]).toMatchObject({ type: 'snapshot' })
        leave.abort()
        await iterator.return?.()
      }
    })

    test('finds the log of an ended run short, and its text whole (P4)', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const { id } = await app.caller.sessions.create({})
      await converse(app, id)
      await untilCompacted(app, id)
      const { events, nextAfter } = await app.caller.sessions.log({ id })
      expect(nextAfter).toBe(null)
      const chunks = events.flatMap(({ event }) => (event.type === 'chunk' ? [event] : []))
      expect(chunks.map(({ offset, text }) => ({ offset, text }))).toEqual([
        { offset: 0, text: WORDS.join('') },
        { offset: 0, text: 'And so on.' },
        { offset: 0, text: 'The end.' },
      ])
      const seqs = events.map(({ seq }) => seq)
      expect(seqs).toEqual(seqs.toSorted((a, b) => a - b))
    })

    test('who watches somebody else’s session, or none, or one that is deleted, is told so (P10)', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      await using nobody = watch(app.caller, crypto.randomUUID())
      await expect(nobody.untilEvent('snapshot')).rejects.toMatchObject({ code: 'NOT_FOUND' })
      const { id } = await app.caller.sessions.create({})
      await using reader = watch(app.caller, id)
      await reader.untilEvent('snapshot')
      await app.caller.messages.send({ sessionId: id, text: 'Hello' })
      const call = await app.model.nextCall()
      call.say('Hi')
      await reader.untilEvent('chunk')
      await app.caller.sessions.delete({ id })
      await expect(reader.untilEvent('end')).rejects.toMatchObject({ code: 'NOT_FOUND' })
      expect(call.signal.aborted).toBe(true)
      await expect(app.caller.sessions.get({ id })).rejects.toMatchObject({ code: 'NOT_FOUND' })
      expect(await readEvents(app.services.database.db, id, 0, 10)).toEqual([])
    })

    test('who does not read costs no memory and delays nobody, and catches up by merged chunks (P12)', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId: id, live: quick } = talk
      const paused = Promise.withResolvers<void>()
      const leave = new AbortController()
      const owner = await app.caller.me()
      const slow = app.services.reader.follow({
        sessionId: SessionId.parse(id),
        userId: owner.id,
        after: null,
        signal: leave.signal,
        drained: () => (held ? paused.promise : Promise.resolve()),
      })
      let held = false
      await slow.next()
      held = true
      await app.caller.messages.send({ sessionId: id, text: 'Much' })
      const call = await app.model.nextCall()
      for (let index = 0; index < 2_000; index += 1) {
        call.say(`${index} `)
        if (index % 100 === 99) {
          await quick.until(() =>
            textOf(quick.state, quick.state?.messages.at(-1)?.id ?? '').endsWith(`${index} `),
          )
        }
      }
      call.finish()
      await quick.untilEvent('end')
      held = false
      paused.resolve()
      let state: SessionState | null = quick.events[0] ? fold(null, quick.events[0]) : null
      let chunks = 0
      for await (const event of slow) {
        chunks += event.event.type === 'chunk' ? 1 : 0
        state = fold(state, event)
        if (event.event.type === 'end') {
          break
        }
      }
      leave.abort()
      expect(state?.messages.at(-1)).toEqual(quick.state?.messages.at(-1))
      expect(chunks).toBeLessThan(5)
    })
  })
})

const WORDS = Array.from({ length: 60 }, (_, index) => `word-${index} 🦉 `)

/** Two answers: one with a tool call between its texts, then a short one. */
async function converse(app: TestApp, sessionId: string): Promise<void> {
  await using reader = watch(app.caller, sessionId)
  const ends = (count: number) => () =>
    reader.events.filter(({ event }) => event.type === 'end').length === count
  await reader.untilEvent('snapshot')
  await app.caller.messages.send({ sessionId, text: 'First' })
  const call = await app.model.nextCall()
  for (const [index, word] of WORDS.entries()) {
    call.say(word)
    if (index % 20 === 19) {
      await reader.until(() =>
        textOf(reader.state, reader.state?.messages.at(-1)?.id ?? '').endsWith(word),
      )
    }
  }
  call.callTools({ name: 'get_system_metrics', arguments: { metric_type: 'memory' } })
  const next = await app.model.nextCall()
  next.say('And so on.')
  next.finish()
  await reader.until(ends(1))
  await app.caller.messages.send({ sessionId, text: 'Second' })
  const last = await app.model.nextCall()
  last.say('The end.')
  last.finish()
  await reader.until(ends(2))
}

/** The state that a reader had after each event. */
function statesOf(events: readonly LoggedEvent[]): SessionState[] {
  const states: SessionState[] = []
  for (const event of events) {
    states.push(fold(states.at(-1) ?? null, event))
  }
  return states
}

async function untilCompacted(app: TestApp, id: string): Promise<void> {
  for (;;) {
    const { events } = await app.caller.sessions.log({ id })
    const chunks = events.filter(({ event }) => event.type === 'chunk')
    if (chunks.length === 3) {
      return
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
}
