import { DefaultChatTransport, readUIMessageStream } from 'ai'
import type { UIMessage, UIMessageChunk } from 'ai'
import { describe, expect, test } from 'vitest'
import { askFirst } from '../../testing/ask-first.ts'
import { onEachStorage } from '../../testing/each-storage.ts'
import { startConversation } from '../../testing/conversation.ts'
import type { TestApp } from '../../testing/app.ts'

const look = { name: 'look', description: 'Looks', inputSchema: { type: 'object' } }

/** The AI SDK's own transport and reader, unchanged, against this server. */
onEachStorage((database, openStorage) => {
  describe(`the AI SDK’s door, on ${database}`, () => {
    test('streams an answer, and replays it to any number of tabs (P17)', async () => {
      await using talk = await startConversation(openStorage)
      const { app } = talk
      const { send, resume } = await pageOf(app, 'chat-1')
      expect(await resume()).toBeNull()
      const reading = last(await send([said('m1', 'Hello')]))
      const call = await app.model.nextCall()
      call.push({ type: 'reasoning', text: 'Hm.' })
      call.say('One ')
      const second = last(await resume())
      call.say('two.')
      call.finish()
      const message = await reading
      expect(message?.parts).toMatchObject([
        { type: 'step-start' },
        { type: 'reasoning', text: 'Hm.', state: 'done' },
        { type: 'text', text: 'One two.', state: 'done' },
      ])
      expect(message?.metadata).toMatchObject({ usage: { outputTokens: 5 } })
      expect(await second).toEqual(message)
      expect(await last(await resume())).toEqual(message)
    })

    test('goes on from each place exactly, by the ids of its events', async () => {
      await using talk = await startConversation(openStorage)
      const { app } = talk
      const { url, send } = await pageOf(app, 'chat-2')
      const reading = last(await send([said('m1', 'Hello')]))
      const call = await app.model.nextCall()
      call.say('a ', 'b ', 'c')
      call.finish()
      await reading
      const read = async (after: string) =>
        (await fetch(`${url}/api/chat/chat-2/stream${after}`)).text()
      const whole = await read('')
      const events = whole.split('\n\n').filter((event) => /^(id|data): /.test(event))
      const places = events.flatMap((event) => /^id: (\d+)$/m.exec(event)?.[1] ?? [])
      expect(places.length).toBeGreaterThan(1)
      for (const place of places) {
        const rest = (await read(`?after=${place}`))
          .split('\n\n')
          .filter((e) => /^(id|data)/.test(e))
        const at = events.findIndex((event) => event.startsWith(`id: ${place}\n`))
        expect(rest).toEqual(events.slice(at + 1))
      }
    })

    test('has approvals, and tools of the page, that go on in the same message', async () => {
      await using talk = await startConversation(openStorage, { tools: [askFirst] })
      const { app } = talk
      const { send } = await pageOf(app, 'chat-3', { clientTools: [look] })
      const question = said('m1', 'Do it')
      const reading = last(await send([question]))
      ;(await app.model.nextCall()).callTools(
        { name: 'ask_first', arguments: {} },
        { name: 'look', arguments: { at: 1 } },
      )
      const asked = await reading
      if (!asked) throw new Error('an answer was to come')
      const [, approval, tool] = asked.parts
      expect(approval).toMatchObject({ state: 'approval-requested', toolName: 'ask_first' })
      expect(tool).toMatchObject({ type: 'tool-look', state: 'input-available', input: { at: 1 } })
      const answered = {
        ...asked,
        parts: asked.parts.map((part) => {
          if (part.type === 'tool-look') return { ...part, state: 'output-available', output: 'x' }
          if (part.type !== 'dynamic-tool') return part
          const { approval: asking } = part
          return { ...part, state: 'approval-responded', approval: { ...asking, approved: true } }
        }) as UIMessage['parts'],
      }
      const goingOn = last(await send([question, answered]), answered)
      const next = await app.model.nextCall()
      next.say('Done.')
      next.finish()
      const message = await goingOn
      expect(message?.id).toBe(asked.id)
      expect(message?.parts.at(-1)).toMatchObject({ type: 'text', text: 'Done.' })
      expect(message?.parts[1]).toMatchObject({ state: 'output-available' })
    })

    test('has all of an answer that was cut and went on (P17)', async () => {
      await using talk = await startConversation(openStorage)
      const { app } = talk
      const { send, resume } = await pageOf(app, 'chat-continued')
      const reading = last(await send([said('m1', 'Count')]))
      const call = await app.model.nextCall()
      call.say('One, t')
      call.push({ type: 'finish', finish: 'length' })
      const cut = await reading
      await app.caller.messages.continue({ id: cut?.id ?? '' })
      const on = await app.model.nextCall()
      on.say('wo.')
      on.finish()
      const whole = await last(await resume())
      expect(whole?.id).toBe(cut?.id)
      expect(whole?.parts.flatMap((part) => (part.type === 'text' ? [part.text] : []))).toEqual([
        ...['One, t', 'wo.'],
      ])
    })

    test('answers anew what the page chose, however far back, and nothing in place of it', async () => {
      await using talk = await startConversation(openStorage)
      const { app } = talk
      const { url, send } = await pageOf(app, 'chat-regenerated')
      let first: UIMessage | undefined
      for (let turn = 0; turn < 11; turn += 1) {
        app.model.plan(`Answer ${turn}.`)
        const answer = await last(await send([said(`m${turn}`, `Question ${turn}`)]))
        first ??= answer
      }
      const regenerate = (messageId: string) =>
        fetch(`${url}/api/chat`, {
          ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
          body: JSON.stringify({
            id: 'chat-regenerated',
            trigger: 'regenerate-message',
            messageId,
          }),
        })
      for (const chosen of [first?.id ?? '', 'm0']) {
        const answering = regenerate(chosen)
        const call = await app.model.nextCall()
        expect(call.step.messages).toMatchObject([{ role: 'user', text: 'Question 0' }])
        call.say('Anew.')
        call.finish()
        expect(await (await answering).text()).toContain('Anew.')
      }
      expect((await regenerate('nothing')).status).toBe(404)
    })

    test('makes no session for a message that cannot be sent', async () => {
      await using talk = await startConversation(openStorage)
      const { app } = talk
      const url = await app.listen()
      const answer = await fetch(`${url}/api/chat`, {
        ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
        body: JSON.stringify({
          id: 'blank',
          messages: [{ role: 'user', parts: [{ type: 'text', text: ' ' }] }],
        }),
      })
      expect(answer.status).toBe(400)
      expect(await answer.json()).toMatchObject({ message: 'text: A message needs some text.' })
      expect((await app.caller.sessions.list({})).items).toHaveLength(1)
    })

    test('is stopped from any tab, and tells of a failure', async () => {
      await using talk = await startConversation(openStorage)
      const { app } = talk
      const { url, send, resume } = await pageOf(app, 'chat-4')
      const reading = last(await send([said('m1', 'Hello')]))
      const call = await app.model.nextCall()
      call.say('Half')
      const stop = await fetch(`${url}/api/chat/chat-4/stop`, { method: 'POST' })
      expect(await stop.json()).toEqual({ stopped: true })
      await reading
      const again = send([said('m2', 'Again')])
      const failing = Array.fromAsync((await again).values())
      ;(await app.model.nextCall()).fail('provider_error')
      expect(await failing).toContainEqual(expect.objectContaining({ type: 'error' }))
      expect(await resume()).not.toBeNull()
    })
  })
})

function said(id: string, text: string): UIMessage {
  return { id, role: 'user', parts: [{ type: 'text', text }] }
}

async function pageOf(app: TestApp, chatId: string, body: object = {}) {
  const url = await app.listen()
  const transport = new DefaultChatTransport({ api: `${url}/api/chat`, body })
  return {
    url,
    send: (messages: UIMessage[]) =>
      transport.sendMessages({
        ...{ trigger: 'submit-message', chatId, messages, messageId: undefined },
        abortSignal: undefined,
      }),
    resume: () => transport.reconnectToStream({ chatId, abortSignal: undefined }),
  }
}

async function last(
  stream: ReadableStream<UIMessageChunk> | null,
  message?: UIMessage,
): Promise<UIMessage | undefined> {
  if (!stream) throw new Error('there is no stream')
  let found: UIMessage | undefined
  for await (const state of readUIMessageStream({ stream, ...(message && { message }) })) {
    found = state
  }
  return found
}
