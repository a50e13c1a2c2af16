import { once } from 'node:events'
import { isTrackedEnvelope } from '@trpc/server'
import { describe, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import type { SessionEvent } from '../../../shared/contract/events.ts'
import type { MessageId } from '../../../shared/contract/ids.ts'
import { fold } from '../../../shared/session/fold.ts'
import type { SessionState } from '../../../shared/session/fold.ts'
import { startTestApp } from '../../testing/app.ts'
import { startConversation } from '../../testing/conversation.ts'
import { answersIn, connectPlain } from '../../testing/clients/plain-client.ts'
import { textOf, watch } from '../../testing/clients/watch.ts'
import { onEachStorage } from '../../testing/each-storage.ts'

const MIB = 1024 * 1024

/** Messages that are longer than a frame, on either database. */
onEachStorage((database, openStorage) => {
  // The full-text index takes long for megabytes of text.
  describe(`a message longer than a frame, on ${database}`, { timeout: 180_000 }, () => {
    test('comes to every reader whole, in frames of 1 MiB at the most, from wherever it was cut (P2, P12)', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const text = `${'語"\u0000😀'.repeat(80_000)}end`
      const id = await importLong(app.caller, text)
      const whole = (await app.caller.messages.list({ sessionId: id })).messages
      const frames = await framesOf(app.caller, id, null)
      expect(frames.length).toBeGreaterThan(3)
      const state = folded(null, frames)
      expect(state?.messages).toEqual(whole)
      expect(textOf(state, whole[0]?.id ?? '')).toBe(text)
      const places = frames.map(({ seq }) => seq)
      expect(places).toEqual(places.toSorted((a, b) => a - b))
      expect(new Set(places).size).toBe(places.length)
      expect(places.at(-1)).toBe(state?.session.seq)
      for (const cut of [1, 2, frames.length - 1]) {
        const before = folded(null, frames.slice(0, cut))
        const after = await framesOf(app.caller, id, before?.seq ?? null)
        expect(folded(before, after)).toEqual(state)
      }
    })

    test('goes on as an answer after it, and makes way for it in a snapshot', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const id = await importLong(app.caller, 'x'.repeat(1_000_000))
      await using live = watch(app.caller, id)
      await live.until(({ state }) => Number.isInteger(state?.seq))
      await app.caller.messages.send({ sessionId: id, text: 'And?' })
      const call = await app.model.nextCall()
      call.say('y'.repeat(1_100_000))
      call.finish()
      await live.untilEvent('end')
      const longest = live.events.map(({ event }) => Buffer.byteLength(JSON.stringify(event)))
      expect(Math.max(...longest)).toBeLessThan(MIB)
      const frames = await framesOf(app.caller, id, null)
      expect(folded(null, frames)?.messages.at(-1)).toEqual(live.state?.messages.at(-1))
      expect(textOf(live.state, live.state?.messages.at(-1)?.id ?? '').length).toBeGreaterThan(MIB)
    })

    test('is still the same to those who come back once its log is shortened (P4)', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId: id, live } = talk
      await app.caller.messages.send({ sessionId: id, text: 'Say much' })
      const call = await app.model.nextCall()
      call.say('abcdefghij'.repeat(60_000))
      call.finish()
      await live.untilEvent('end')
      const chunks = async () =>
        (await app.caller.sessions.log({ id })).events.filter(({ event }) => event.type === 'chunk')
      await expect.poll(async () => (await chunks()).length, { timeout: 30_000 }).toBe(5)
      let state: SessionState | null = null
      for (const [index, logged] of live.events.entries()) {
        state = fold(state, logged)
        if (index % 4 !== 0) {
          continue
        }
        await using late = watch(app.caller, id, state)
        await late.until(() => late.state?.seq === live.state?.seq)
        expect(late.state).toEqual(live.state)
        expect(late.events.some(({ event }) => event.type === 'snapshot')).toBe(false)
      }
    })

    test('is said to the plain socket in frames of 1 MiB at the most', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const url = await app.listen()
      const id = await importLong(app.caller, 'x'.repeat(1_000_000))
      const client = connectPlain(`${url.replace('http', 'ws')}/ws/session/${id}`)
      await client.until((frame) => frame.type === 'system')
      await app.caller.messages.send({ sessionId: id, text: 'And?' })
      const call = await app.model.nextCall()
      await client.until((frame) => frame.type === 'ai_response_start')
      call.say('y'.repeat(1_100_000))
      call.finish()
      await client.until((frame) => frame.type === 'ai_response_end')
      const { messages } = await app.caller.messages.list({ sessionId: id })
      const answer = messages.at(-1)
      const [part] = answer?.parts ?? []
      expect([...answersIn(client.frames)]).toEqual([
        [answer?.id, part?.type === 'text' ? part.text : ''],
      ])
      const longest = client.frames.map((frame) => Buffer.byteLength(JSON.stringify(frame)))
      expect(Math.max(...longest)).toBeLessThan(MIB)
      await client.drop()
    })

    test('is read once at a time for a socket that asks twenty times and reads nothing, and arrives each time (P12)', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const text = 'x'.repeat(2_500_000)
      const sessionId = await importLong(app.caller, text)
      const { reader } = app.services
      const read = vi.spyOn(reader, 'snapshot')
      const socket = new WebSocket(`${(await app.listen()).replace('http', 'ws')}/trpc`)
      await once(socket, 'open')
      const lengths: number[] = []
      socket.on('message', (data: Buffer) => lengths.push(data.length))
      socket.pause()
      const params = { path: 'messages.list', input: { sessionId } }
      const asked = Array.from({ length: 20 }, (_, id) => ({ id, method: 'query', params }))
      socket.send(JSON.stringify(asked))
      let seen = 0
      await expect
        .poll(
          () => {
            const before = seen
            seen = read.mock.calls.length
            return seen > 0 && seen === before
          },
          { interval: 1_000, timeout: 60_000 },
        )
        .toBe(true)
      // The kernel buffers some megabytes of the first ones.
      expect(seen).toBeLessThan(10)
      socket.resume()
      await expect.poll(() => lengths.length, { timeout: 60_000 }).toBe(20)
      expect(Math.min(...lengths)).toBeGreaterThan(text.length)
      socket.close()
    })

    test('cannot fill the queue without end: what does not fit is refused, and nothing is lost', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId } = talk
      await app.caller.messages.send({ sessionId, text: 'Hello' })
      await app.model.nextCall()
      const waiting: MessageId[] = []
      for (let index = 0; index < 5; index += 1) {
        const sent = await app.caller.messages.send({ sessionId, text: 'z'.repeat(190_000) })
        waiting.push(sent.messageId)
      }
      await expect(
        app.caller.messages.send({ sessionId, text: 'z'.repeat(190_000) }),
      ).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' })
      // A queued message may become shorter, or longer within the limit.
      const short = await app.caller.messages.send({ sessionId, text: 'z' })
      waiting.push(short.messageId)
      const edit = (id: MessageId, length: number) =>
        app.caller.messages.edit({ id, text: 'y'.repeat(length) })
      await edit(short.messageId, 50_000)
      await expect(edit(short.messageId, 50_001)).rejects.toMatchObject({
        code: 'TOO_MANY_REQUESTS',
      })
      const frames = await framesOf(app.caller, sessionId, null)
      expect(
        folded(null, frames)
          ?.messages.filter(({ status }) => status === 'queued')
          .map(({ id }) => id),
      ).toEqual(waiting)
    })
  })
})

type Caller = Awaited<ReturnType<typeof startTestApp>>['caller']
type Frame = { seq: number; event: SessionEvent }

async function importLong(caller: Caller, text: string) {
  const { id } = await caller.sessions.create({ title: 'Long' })
  const file = await caller.sessions.export({ id, format: 'json' })
  const data = JSON.parse(file.content)
  const now = new Date().toISOString()
  data.sessions[0].messages = [
    { id: 'm1', parentId: null, role: 'user', createdAt: now, parts: [{ type: 'text', text }] },
  ]
  data.sessions[0].activeLeaf = 'm1'
  const { sessions } = await caller.sessions.import({ data })
  const [session] = sessions
  if (!session) {
    throw new Error('nothing was imported')
  }
  return session.id
}

/** The frames that a watch sends until it reaches the end of the log. */
async function framesOf(caller: Caller, id: string, after: number | null): Promise<Frame[]> {
  const { seq: head } = await caller.sessions.get({ id })
  const frames: Frame[] = []
  const events: AsyncIterable<unknown> = await caller.sessions.watch({
    id,
    ...(after !== null && { lastEventId: String(after) }),
  })
  for await (const item of events) {
    if (!isTrackedEnvelope<SessionEvent>(item)) {
      throw new Error('a watch yielded something untracked')
    }
    frames.push({ seq: Number(item[0]), event: item[1] })
    expect(Buffer.byteLength(JSON.stringify(item))).toBeLessThan(MIB)
    if (Number(item[0]) >= head) {
      break
    }
  }
  return frames
}

function folded(state: SessionState | null, frames: readonly Frame[]): SessionState | null {
  return frames.reduce<SessionState | null>((before, frame) => fold(before, frame), state)
}
