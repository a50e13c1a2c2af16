import { describe, expect, test } from 'vitest'
import { startAccounts } from '../../testing/clients/people.ts'
import { startConversation } from '../../testing/conversation.ts'
import { restartable } from '../../testing/restartable.ts'
import { onEachStorage } from '../../testing/each-storage.ts'
import { callsOf, watch } from '../../testing/clients/watch.ts'
import type { Watcher } from '../../testing/clients/watch.ts'

const look = {
  name: 'look_up',
  description: 'Looks something up in the page',
  inputSchema: { type: 'object', properties: { word: { type: 'string' } }, required: ['word'] },
}

/** Tools that a client declares with a message and carries out itself. */
onEachStorage((database, openStorage) => {
  describe(`a tool of the client, on ${database}`, () => {
    test('is offered, waits, and its output goes to the model, once (P7, P11)', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId, live } = talk
      const clientTools = [look]
      await app.caller.messages.send({ sessionId, text: 'Look it up', clientTools })
      const first = await app.model.nextCall()
      expect(first.step.tools[0]).toEqual(look)
      first.say('Looking.')
      first.callTools({ name: 'look_up', arguments: { word: 'tide' } })
      await untilWaiting(live)
      const [call] = callsOf(live)
      expect(call).toMatchObject({
        ...{ name: 'look_up', source: 'client', status: 'running' },
        input: { word: 'tide' },
      })
      const callId = call?.id ?? ''
      const answer = (output: unknown) => app.caller.tools.answer({ callId, output })
      expect(await answer({ found: 'water' })).toMatchObject({ status: 'completed' })
      expect(await answer({ found: 'water' })).toMatchObject({ status: 'completed' })
      await expect(answer({ found: 'sand' })).rejects.toMatchObject({ code: 'CONFLICT' })
      const next = await app.model.nextCall()
      expect(next.step.messages.at(-1)).toMatchObject({
        ...{ role: 'tool', failed: false, output: '{"found":"water"}' },
      })
      next.say('Water.')
      next.finish()
      expect(await live.untilEvent('end')).toMatchObject({ outcome: 'completed' })
      await using fresh = watch(app.caller, sessionId)
      await fresh.untilEvent('snapshot')
      expect(fresh.state).toEqual(live.state)
    })

    test('waits for all outputs of a step, and takes an error for one', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId, live } = talk
      await app.caller.messages.send({ sessionId, text: 'Both', clientTools: [look] })
      ;(await app.model.nextCall()).callTools(
        { name: 'look_up', arguments: { word: 'a' } },
        { name: 'look_up', arguments: { word: 'b' } },
      )
      await untilWaiting(live)
      const [one, two] = callsOf(live)
      await app.caller.tools.answer({ callId: one?.id ?? '', output: 1 })
      await live.until(() => statusOf(live) === 'running')
      await untilWaiting(live)
      expect(app.model.asked).toBe(1)
      await app.caller.tools.answer({ callId: two?.id ?? '', error: 'Nothing there.' })
      const next = await app.model.nextCall()
      expect(next.step.messages.slice(-2)).toMatchObject([
        { role: 'tool', failed: false, output: '1' },
        { role: 'tool', failed: true, output: expect.stringContaining('Nothing there.') },
      ])
      next.finish()
      await live.untilEvent('end')
    })

    test('is brought to an end by a stop while it waits (P9, P13)', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId, live } = talk
      await app.caller.messages.send({ sessionId, text: 'Look', clientTools: [look] })
      ;(await app.model.nextCall()).callTools({ name: 'look_up', arguments: { word: 'a' } })
      await untilWaiting(live)
      await app.caller.runs.stop({ sessionId })
      expect(await live.untilEvent('end')).toMatchObject({ outcome: 'stopped' })
      const [call] = callsOf(live)
      expect(call).toMatchObject({ status: 'failed' })
      await expect(
        app.caller.tools.answer({ callId: call?.id ?? '', output: 1 }),
      ).rejects.toMatchObject({ code: 'CONFLICT' })
    })

    test('takes no output between a stop and the end that it brings (P9)', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId, live } = talk
      await app.caller.messages.send({ sessionId, text: 'Look', clientTools: [look] })
      ;(await app.model.nextCall()).callTools({ name: 'look_up', arguments: { word: 'a' } })
      await untilWaiting(live)
      const callId = callsOf(live)[0]?.id ?? ''
      await app.caller.runs.stop({ sessionId })
      await expect(app.caller.tools.answer({ callId, output: 1 })).rejects.toMatchObject({
        code: 'CONFLICT',
      })
      expect(await live.untilEvent('end')).toMatchObject({ outcome: 'stopped' })
      expect(callsOf(live)).toMatchObject([{ status: 'failed' }])
    })

    test('fails at its deadline, of itself or of the server, and the answer goes on (P13)', async () => {
      await using talk = await startConversation(openStorage, { env: { CLIENT_TOOL_TIMEOUT: '2' } })
      const { app, sessionId, live } = talk
      const clientTools = [look, { ...look, name: 'slow', timeoutSeconds: 600 }]
      await app.caller.messages.send({ sessionId, text: 'Look', clientTools })
      ;(await app.model.nextCall()).callTools(
        { name: 'look_up', arguments: { word: 'a' } },
        { name: 'slow', arguments: { word: 'b' } },
      )
      await untilWaiting(live)
      await live.until(() => callsOf(live)[0]?.status === 'failed')
      const [late, slow] = callsOf(live)
      expect(late?.error).toContain('deadline')
      expect(slow?.status).toBe('running')
      await expect(
        app.caller.tools.answer({ callId: late?.id ?? '', output: 1 }),
      ).rejects.toMatchObject({ code: 'CONFLICT' })
      await app.caller.tools.answer({ callId: slow?.id ?? '', output: 2 })
      const next = await app.model.nextCall()
      expect(next.step.messages.slice(-2)).toMatchObject([
        { role: 'tool', failed: true, output: expect.stringContaining('deadline') },
        { role: 'tool', failed: false, output: '2' },
      ])
      next.finish()
      expect(await live.untilEvent('end')).toMatchObject({ outcome: 'completed' })
      await using fresh = watch(app.caller, sessionId)
      await fresh.untilEvent('snapshot')
      expect(fresh.state).toEqual(live.state)
    })

    test('waits through a restart, and takes its output from whoever comes after it (P11)', async () => {
      await using storage = await openStorage()
      await using server = await restartable(storage)
      let sessionId = ''
      {
        await using app = await server.start()
        sessionId = (await app.caller.sessions.create({})).id
        await using live = watch(app.caller, sessionId)
        await app.caller.messages.send({ sessionId, text: 'Look', clientTools: [look] })
        ;(await app.model.nextCall()).callTools({ name: 'look_up', arguments: { word: 'a' } })
        await untilWaiting(live)
      }
      await using app = await server.start()
      await using live = watch(app.caller, sessionId)
      await live.untilEvent('snapshot')
      expect(statusOf(live)).toBe('waiting')
      await app.caller.tools.answer({ callId: callsOf(live)[0]?.id ?? '', output: 'here' })
      const next = await app.model.nextCall()
      expect(next.step.tools[0]).toEqual(look)
      next.say('Found.')
      next.finish()
      expect(await live.untilEvent('end')).toMatchObject({ outcome: 'completed' })
    })

    test('is not for strangers to answer, nor may it have the name of another (P10)', async () => {
      await using storage = await openStorage()
      await using app = await startAccounts(storage, { env: { AUTH_SIGNUP: 'open' } })
      const ada = await app.setUp()
      const bob = await app.signUp('bob@example.com')
      const made = await app.ask('/api/session', { token: ada.token, body: {} })
      const { id } = made.body as { id: string }
      const send = (clientTools: unknown) =>
        app.ask(`/api/session/${id}/messages`, {
          token: ada.token,
          body: { text: 'Look', clientTools },
        })
      expect(await send([{ ...look, name: 'current_time' }])).toMatchObject({ status: 400 })
      expect(await send([look, look])).toMatchObject({ status: 400 })
      expect(await send([{ ...look, name: 'with space' }])).toMatchObject({ status: 400 })
      expect(await send([look])).toMatchObject({ status: 200 })
      ;(await app.model.nextCall()).callTools({ name: 'look_up', arguments: { word: 'a' } })
      const read = async () =>
        JSON.stringify((await app.ask(`/api/session/${id}`, { token: ada.token })).body)
      await expect.poll(read).toContain('"waiting"')
      const callId = /"id":"([^"]+)","name":"look_up"/.exec(await read())?.[1] ?? ''
      const answer = (token: string) =>
        app.ask(`/api/tool-call/${callId}/answer`, { token, body: { output: 1 } })
      expect(await answer(bob.token)).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } })
      expect(await answer(ada.token)).toMatchObject({ status: 200 })
      ;(await app.model.nextCall()).finish()
    })
  })
})

function statusOf(live: Watcher) {
  return live.state?.messages.at(-1)?.status
}

async function untilWaiting(live: Watcher): Promise<void> {
  await live.until(() => statusOf(live) === 'waiting')
}
