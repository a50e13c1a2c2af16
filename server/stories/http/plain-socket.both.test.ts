import { describe, expect, test } from 'vitest'
import { startTestApp } from '../../testing/app.ts'
import { answersIn, connectPlain } from '../../testing/clients/plain-client.ts'
import { onEachStorage } from '../../testing/each-storage.ts'

/** Conversations over the plain WebSocket, with a client that imports no code of ours, on either database. */
onEachStorage((database, openStorage) => {
  describe(`the plain WebSocket, on ${database}`, () => {
    test('refuses a session that was deleted, and makes none in its place; one made anew under the id is taken', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const url = await app.listen()
      const id = crypto.randomUUID()
      const client = connectPlain(addressOf(url, id))
      await client.until(isType('system'))
      await app.caller.sessions.delete({ id })
      await client.closed
      for (const address of [addressOf(url, id), `${addressOf(url, id)}?after=1`]) {
        const again = connectPlain(address)
        expect(await again.until(isType('error'))).toMatchObject({ code: 'NOT_FOUND' })
        expect(await again.closed).toBe(4404)
      }
      await expect(app.caller.sessions.get({ id })).rejects.toMatchObject({ code: 'NOT_FOUND' })
      await app.caller.sessions.create({ id })
      const anew = connectPlain(addressOf(url, id))
      expect(await anew.until(isType('system'))).toMatchObject({ session_id: id })
      await anew.drop()
    })

    test('creates an unknown session, and carries a whole answer with its tool call, which REST then tells the same', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const url = await app.listen()
      const id = crypto.randomUUID()
      const client = connectPlain(addressOf(url, id))
      expect(await client.until(isType('system'))).toMatchObject({ session_id: id })
      client.send('How is the server?')
      const first = await app.model.nextCall()
      first.say('Let me look.')
      first.callTools({ name: 'get_system_metrics', arguments: { metric_type: 'process' } })
      const second = await app.model.nextCall()
      second.say('It is ', 'well.')
      second.finish()
      const end = await client.until(isType('ai_response_end'))
      expect(end).toMatchObject({ outcome: 'completed' })

      const kinds = client.frames.map(({ type }) => type)
      expect(kinds.filter((kind, index) => kind !== kinds[index - 1])).toEqual([
        'system',
        'ai_response_start',
        'ai_response_chunk',
        'tool_call',
        'tool_result',
        'ai_response_chunk',
        'ai_response_end',
      ])
      const input = { metric_type: 'process' }
      const call = await client.until(isType('tool_call'))
      expect(call).toMatchObject({ name: 'get_system_metrics', input })
      expect(await client.until(isType('tool_result'))).toMatchObject({
        call_id: call.call_id,
        name: 'get_system_metrics',
        output: { node_version: process.version },
      })
      expect([...answersIn(client.frames)]).toEqual([[end.message_id, 'Let me look.It is well.']])
      const seqs = client.frames.flatMap(({ seq }) => (seq === undefined ? [] : [Number(seq)]))
      expect(seqs).toEqual([...new Set(seqs)].toSorted((a, b) => a - b))
      const session: unknown = await (await fetch(`${url}/api/session/${id}`)).json()
      expect(session).toMatchObject({
        id,
        running: false,
        messages: [
          { role: 'user', parts: [{ type: 'text', text: 'How is the server?' }] },
          {
            id: end.message_id,
            status: 'completed',
            parts: [{ text: 'Let me look.' }, { type: 'tool' }, { text: 'It is well.' }],
          },
        ],
      })
    })

    test('resumes with ?after= in the middle of an answer: nothing is lost, nothing doubled (P2)', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const url = await app.listen()
      const id = crypto.randomUUID()
      const first = connectPlain(addressOf(url, id))
      await first.until(isType('system'))
      first.send({ type: 'user_message', content: 'Count' })
      const call = await app.model.nextCall()
      call.say('one, ')
      const { seq } = await first.until(isType('ai_response_chunk'))
      await first.drop()
      call.say('two 👩‍🚀, ')
      await untilStored(url, id, 'one, two 👩‍🚀, ')

      const second = connectPlain(addressOf(url, id, seq))
      await second.until(isType('ai_response_chunk'))
      call.say('three')
      call.finish()
      await second.until(isType('ai_response_end'))
      const all = [...first.frames, ...second.frames]
      expect([...answersIn(all).values()]).toEqual(['one, two 👩‍🚀, three'])
      expect(second.frames.filter(isType('ai_response_start'))).toEqual([])
    })

    test('resumes after any frame also when the answer is over and its log is short (P2, P4)', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const url = await app.listen()
      const id = crypto.randomUUID()
      const live = connectPlain(addressOf(url, id))
      await live.until(isType('system'))
      live.send('Count')
      const call = await app.model.nextCall()
      for (const [index, word] of ['one, ', 'two, ', 'three'].entries()) {
        call.say(word)
        await live.until(() => live.frames.filter(isType('ai_response_chunk')).length > index)
      }
      call.finish()
      const end = await live.until(isType('ai_response_end'))
      // After compaction the log has one chunk instead of three, and the rest comes from the stored text.
      const log = `${url}/api/session/${id}/log`
      await expect
        .poll(async () => (await (await fetch(log)).text()).match(/"type":"chunk"/g)?.length, {
          timeout: 30_000,
        })
        .toBe(1)
      for (const [index, { seq }] of live.frames.entries()) {
        if (seq === undefined) continue
        const late = connectPlain(addressOf(url, id, seq))
        expect(await late.until(isType('ai_response_end'))).toEqual(end)
        const all = [...live.frames.slice(0, index + 1), ...late.frames]
        expect([...answersIn(all).values()]).toEqual(['one, two, three'])
        await late.drop()
      }
    })

    test('says that it cannot continue from a seq that never was, and goes on from the present (P3)', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const url = await app.listen()
      const id = crypto.randomUUID()
      const client = connectPlain(addressOf(url, id, 999_999))
      const error = await client.until(isType('error'))
      expect(error).toMatchObject({ code: 'PRECONDITION_FAILED', message: expect.any(String) })
      client.send('Hello')
      const call = await app.model.nextCall()
      call.say('Hi')
      call.finish()
      await client.until(isType('ai_response_end'))
      expect([...answersIn(client.frames).values()]).toEqual(['Hi'])
    })

    test('stops an answer, which keeps its text, and the provider is told (P9)', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const id = crypto.randomUUID()
      const client = connectPlain(addressOf(await app.listen(), id))
      await client.until(isType('system'))
      client.send('Count')
      const call = await app.model.nextCall()
      call.say('one, two')
      await client.until(isType('ai_response_chunk'))
      client.send({ type: 'stop' })
      expect(await client.until(isType('ai_response_end'))).toMatchObject({ outcome: 'stopped' })
      expect(call.signal.aborted).toBe(true)
      expect([...answersIn(client.frames).values()]).toEqual(['one, two'])
    })

    test('says why an answer failed (P13)', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const client = connectPlain(addressOf(await app.listen(), crypto.randomUUID()))
      await client.until(isType('system'))
      client.send('Hello')
      const call = await app.model.nextCall()
      const error = { code: 'provider_cut', message: 'It was cut.', retryable: true } as const
      call.push({ type: 'text', text: 'As I was' }, { type: 'error', error })
      expect(await client.until(isType('ai_response_end'))).toMatchObject({
        outcome: 'failed',
        error: { code: 'provider_cut', message: 'It was cut.' },
      })
    })

    test('answers what it cannot take with an error each, and stays open', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const client = connectPlain(addressOf(await app.listen(), crypto.randomUUID()))
      await client.until(isType('system'))
      const wrong = [
        Buffer.from('Hello'),
        '   ',
        { type: 'dance' },
        { type: 'user_message' },
        { type: 'user_message', content: 7 },
        { type: 'tool_decision', call_id: 'no-id', decision: 'approve' },
        'x'.repeat(200_001),
      ]
      for (const [index, data] of wrong.entries()) {
        client.send(data)
        await client.until(() => client.frames.filter(isType('error')).length > index)
      }
      const errors = client.frames.filter(isType('error'))
      expect(errors.map(({ code }) => code)).toEqual(wrong.map(() => 'BAD_REQUEST'))
      expect(errors.every(({ message }) => typeof message === 'string' && message !== '')).toBe(
        true,
      )
      expect(errors.at(-1)?.message).toContain('200,000')
      client.send('x'.repeat(200_000))
      const call = await app.model.nextCall()
      expect(call.step.messages).toEqual([{ role: 'user', text: 'x'.repeat(200_000) }])
    })

    test('refuses an id that is none, and a frame over one MiB, by close codes; the server goes on (P12)', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const url = await app.listen()
      const nameless = connectPlain(addressOf(url, 'not-a-uuid'))
      expect(await nameless.until(isType('error'))).toMatchObject({ code: 'BAD_REQUEST' })
      expect(await nameless.closed).toBe(4400)
      const greedy = connectPlain(addressOf(url, crypto.randomUUID()))
      await greedy.until(isType('system'))
      greedy.send('x'.repeat(2 ** 20 + 1))
      expect(await greedy.closed).toBe(1009)
      expect((await fetch(`${url}/readyz`)).status).toBe(200)
    })
  })
})

function addressOf(url: string, id: string, after?: unknown): string {
  const query = after === undefined ? '' : `?after=${Number(after)}`
  return `${url.replace('http', 'ws')}/ws/session/${id}${query}`
}

function isType(type: string): (frame: { type?: unknown }) => boolean {
  return (frame) => frame.type === type
}

/** Waits until REST returns this text for the session's answer. */
async function untilStored(url: string, id: string, text: string): Promise<void> {
  await expect
    .poll(async () => (await fetch(`${url}/api/session/${id}`)).text(), { timeout: 10_000 })
    .toContain(JSON.stringify(text))
}
