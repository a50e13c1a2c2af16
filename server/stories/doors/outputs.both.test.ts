import { DefaultChatTransport, readUIMessageStream } from 'ai'
import type { UIMessage, UIMessageChunk } from 'ai'
import type OpenAI from 'openai'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { CallId } from '../../../shared/contract/ids.ts'
import type { TestApp } from '../../testing/app.ts'
import { startConversation } from '../../testing/conversation.ts'
import { onEachStorage } from '../../testing/each-storage.ts'
import { clientOf } from '../../testing/clients/openai-client.ts'
import { defineTool } from '../../tools/define.ts'

const look: OpenAI.Responses.FunctionTool = {
  ...{ type: 'function', name: 'look', description: 'Looks', strict: false },
  parameters: { type: 'object' },
}

/** A tool of the server that goes on until the test ends it. */
function untilTold() {
  const { promise, resolve } = Promise.withResolvers<void>()
  const tool = defineTool({
    ...{ name: 'slow', description: 'Waits', effect: 'read', approval: 'never' },
    input: z.object({}),
    output: z.object({}),
    execute: async () => {
      await promise
      return {}
    },
  })
  return { tool, end: resolve }
}

/** Outputs of calls that the client carries out, as each protocol sends them. */
onEachStorage((database, openStorage) => {
  describe(`outputs of calls at the doors, on ${database}`, () => {
    test('outputs behind everything that was said keep no bytes of its files', async () => {
      await using talk = await startConversation(openStorage)
      const { app } = talk
      const client = await clientOf(app)
      const file_data = `data:text/plain;base64,${Buffer.from('A long text. '.repeat(1_000)).toString('base64')}`
      const said = {
        role: 'user' as const,
        content: [
          { type: 'input_text' as const, text: 'Look' },
          { type: 'input_file' as const, filename: 'a.txt', file_data },
        ],
      }
      const asked = client.responses.create({ model: 'default', input: [said], tools: [look] })
      ;(await app.model.nextCall()).callTools({ name: 'look', arguments: { n: 1 } })
      const [call_id = ''] = callsOf(await asked)
      const output = { type: 'function_call_output' as const, call_id, output: 'Seen' }
      const next = client.responses.create({
        ...{ model: 'default', tools: [look] },
        input: [said, output],
      })
      const last = await app.model.nextCall()
      last.say('Seen.')
      last.finish()
      const { data } = await client.responses.inputItems.list((await next).id)
      expect(data).toMatchObject([{ type: 'function_call_output', output: 'Seen' }])
      const rows = await app.services.database.db.selectFrom('responses').select('input').execute()
      expect(rows).toHaveLength(2)
      expect(JSON.stringify(rows).length).toBeLessThan(1_000)
    })

    test('outputs that are posted again go on as the same response, also behind several rounds and after the end', async () => {
      await using talk = await startConversation(openStorage)
      const { app } = talk
      const client = await clientOf(app)
      const goOn = (call_id: string) =>
        client.responses.create({
          ...{ model: 'default', tools: [look] },
          input: [{ type: 'function_call_output', call_id, output: 'Seen' }],
        })
      const asked = client.responses.create({ model: 'default', input: 'Look', tools: [look] })
      ;(await app.model.nextCall()).callTools({ name: 'look', arguments: { n: 1 } })
      const [one] = callsOf(await asked)
      const second = goOn(one ?? '')
      ;(await app.model.nextCall()).callTools({ name: 'look', arguments: { n: 2 } })
      const response = await second
      const [two] = callsOf(response)
      // This request repeats the first one while the run already waits for the next outputs.
      expect((await goOn(one ?? '')).id).toBe(response.id)
      const third = goOn(two ?? '')
      const last = await app.model.nextCall()
      last.say('Twice.')
      last.finish()
      const whole = await third
      expect(whole.id).toMatch(/_2$/)
      // An event after the run's end must not be taken for a part of it.
      const [session] = (await app.caller.sessions.list({})).items
      await app.caller.sessions.update({ id: session?.id ?? '', title: 'Renamed' })
      expect(await goOn(two ?? '')).toMatchObject({ id: whole.id, output_text: 'Twice.' })
      expect((await goOn(one ?? '')).id).toBe(response.id)
      const chat = await client.chat.completions.create({
        model: 'default',
        messages: [
          { role: 'user', content: 'Look' },
          { role: 'tool', tool_call_id: two ?? '', content: 'Seen' },
        ],
      })
      expect(chat.choices[0]).toMatchObject({
        ...{ finish_reason: 'stop', message: { content: 'Twice.' } },
      })
    })

    test('an output that comes before the run has gone to wait begins the next response', async () => {
      const slow = untilTold()
      await using talk = await startConversation(openStorage, { tools: [slow.tool] })
      const { app } = talk
      const client = await clientOf(app)
      const stream = await client.responses.create({
        ...{ model: 'default', input: 'Look', tools: [look], stream: true },
      })
      ;(await app.model.nextCall()).callTools(
        { name: 'look', arguments: {} },
        { name: 'slow', arguments: {} },
      )
      const first: OpenAI.Responses.ResponseStreamEvent[] = []
      let going: Promise<OpenAI.Responses.Response> | null = null
      for await (const event of stream) {
        first.push(event)
        if (event.type !== 'response.output_item.done' || event.item.type !== 'function_call') {
          continue
        }
        const output = {
          ...{ type: 'function_call_output' as const, output: 'Seen' },
          call_id: event.item.call_id,
        }
        const begun = await client.responses.create({
          ...{ model: 'default', input: [output], background: true },
        })
        expect(begun).toMatchObject({ id: expect.stringMatching(/_1$/), status: 'queued' })
        expect((await client.responses.retrieve(begun.id)).id).toBe(begun.id)
        going = client.responses.create({ model: 'default', input: [output] })
        slow.end()
      }
      const ended = first.at(-1)
      expect(ended).toMatchObject({
        type: 'response.completed',
        response: {
          completed_at: expect.any(Number),
          output: [
            { type: 'function_call' },
            { type: 'mcp_call', name: 'slow', status: 'completed' },
          ],
        },
      })
      const next = await app.model.nextCall()
      next.say('Done.')
      next.finish()
      const second = await going
      expect(second).toMatchObject({ output_text: 'Done.', output: [{ type: 'message' }] })
      const again = await client.responses.retrieve(second?.id ?? '', { stream: true })
      const types = (await Array.fromAsync(again)).map(({ type }) => type)
      expect(types.slice(0, 2)).toEqual(['response.created', 'response.in_progress'])
      expect(types.at(-1)).toBe('response.completed')
      const nothing = client.responses.retrieve(`${second?.id}2`, { stream: true })
      await expect(nothing).rejects.toMatchObject({ status: 404 })
    })

    test('an output that comes before the run has gone to wait is followed by the rest of the answer in a chat', async () => {
      const slow = untilTold()
      await using talk = await startConversation(openStorage, { tools: [slow.tool] })
      const { app } = talk
      const { send, replay } = await pageOf(app)
      const reading = last(await send([said('m1', 'Look')]))
      ;(await app.model.nextCall()).callTools(
        { name: 'look', arguments: {} },
        { name: 'slow', arguments: {} },
      )
      const called = await untilCalled(app)
      const asked = answerOf(called)
      const goingOn = Array.fromAsync((await send([said('m1', 'Look'), asked])).values())
      await expect.poll(async () => await statusOf(app, called.callId)).toBe('completed')
      slow.end()
      const next = await app.model.nextCall()
      next.say('Done.')
      next.finish()
      const chunks = await goingOn
      expect(chunks[0]).toMatchObject({ type: 'start', messageId: asked.id })
      expect(chunks).toContainEqual(expect.objectContaining({ type: 'text-delta', delta: 'Done.' }))
      expect(chunks.at(-1)).toMatchObject({ type: 'finish', finishReason: 'stop' })
      expect((await reading)?.parts.at(-1)).toMatchObject({ text: 'Done.' })
      expect((await replay())?.parts.at(-1)).toMatchObject({ text: 'Done.' })
    })

    test('a chat that waits for the second time is replayed to its second question', async () => {
      await using talk = await startConversation(openStorage)
      const { app } = talk
      const { send, replay } = await pageOf(app)
      const reading = last(await send([said('m1', 'Look')]))
      ;(await app.model.nextCall()).callTools({ name: 'look', arguments: { n: 1 } })
      await reading
      const asked = answerOf(await untilCalled(app))
      const goingOn = last(await send([said('m1', 'Look'), asked]))
      ;(await app.model.nextCall()).callTools({ name: 'look', arguments: { n: 2 } })
      await goingOn
      const calls = (await replay())?.parts.filter(({ type }) => type === 'tool-look')
      expect(calls).toMatchObject([
        { input: { n: 1 }, state: 'output-available' },
        { input: { n: 2 }, state: 'input-available' },
      ])
    })

    test('are refused where the request goes on from something else', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId } = talk
      const client = await clientOf(app)
      const asked = client.responses.create({ model: 'default', input: 'Look', tools: [look] })
      ;(await app.model.nextCall()).callTools({ name: 'look', arguments: { n: 1 } })
      const { id, conversation } = await asked
      const [call_id = ''] = callsOf(await asked)
      const goOn = (from: { previous_response_id?: string; conversation?: string }) =>
        client.responses.create({
          ...{ model: 'default', ...from },
          input: [{ type: 'function_call_output', call_id, output: 'One' }],
        })
      await expect(goOn({ previous_response_id: `resp_${'0'.repeat(32)}` })).rejects.toMatchObject({
        ...{ status: 400, code: 'previous_response_not_found' },
      })
      const other = `conv_${sessionId.replaceAll('-', '')}`
      await expect(goOn({ conversation: other })).rejects.toMatchObject({ status: 400 })
      const own = { previous_response_id: id, conversation: conversation?.id ?? '' }
      await expect(goOn(own)).rejects.toMatchObject({ status: 400, param: 'conversation' })
      const going = goOn({ conversation: own.conversation })
      const next = await app.model.nextCall()
      next.say('Good.')
      next.finish()
      expect((await going).output_text).toBe('Good.')
    })

    test('of several outputs all are taken, or none', async () => {
      await using talk = await startConversation(openStorage)
      const { app } = talk
      const client = await clientOf(app)
      const asked = client.responses.create({ model: 'default', input: 'Look', tools: [look] })
      ;(await app.model.nextCall()).callTools(
        { name: 'look', arguments: { n: 1 } },
        { name: 'look', arguments: { n: 2 } },
      )
      const calls = callsOf(await asked)
      const goOn = (outputs: readonly string[], text?: string) =>
        client.responses.create({
          ...{ model: 'default', tools: [look] },
          input: [
            ...outputs.map((output, index) => ({
              ...{ type: 'function_call_output' as const, call_id: calls[index] ?? '', output },
            })),
            ...(text === undefined ? [] : [{ role: 'user' as const, content: text }]),
          ],
        })
      const tooLong = 'x'.repeat(200_001)
      await expect(goOn(['One', tooLong])).rejects.toMatchObject({ status: 400 })
      // A message that comes with rejected outputs is not stored either.
      await expect(goOn(['One', tooLong], 'And?')).rejects.toMatchObject({ status: 400 })
      await expect(goOn(['One'])).rejects.toMatchObject({
        ...{ status: 400, message: expect.stringContaining(`call ${calls[1]}`) },
      })
      const [session] = (await app.caller.sessions.list({})).items
      const read = await app.caller.sessions.read({ id: session?.id ?? '' })
      expect(read.messages.map(({ role }) => role)).toEqual(['user', 'assistant'])
      const states = read.messages
        .at(-1)
        ?.parts.flatMap((part) => (part.type === 'tool' ? [part.call.status] : []))
      expect(states).toEqual(['running', 'running'])
      const going = goOn(['First', 'Second'])
      const next = await app.model.nextCall()
      expect(next.step.messages.slice(-2)).toMatchObject([
        { output: '"First"' },
        { output: '"Second"' },
      ])
      next.say('Good.')
      next.finish()
      expect(await going).toMatchObject({ id: expect.stringMatching(/_1$/), output_text: 'Good.' })
      await expect(goOn(['First', 'Other'])).rejects.toMatchObject({ status: 409 })
      await expect(goOn(['First', 'Other'], 'And?')).rejects.toMatchObject({ status: 409 })
      const { messages } = await app.caller.sessions.read({ id: session?.id ?? '' })
      expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant'])

      // The same outputs once more are taken, and what is said with them is another question.
      const asking = goOn(['First', 'Second'], 'More?')
      const other = await app.model.nextCall()
      expect(other.step.messages.at(-1)).toMatchObject({ role: 'user', text: 'More?' })
      other.callTools({ name: 'look', arguments: { n: 3 } })
      // Those of calls of several responses answer none of them.
      calls.push(...callsOf(await asking))
      await expect(goOn(['First', 'Second', 'Third'])).rejects.toMatchObject({
        ...{ status: 400, message: expect.stringContaining('calls of one response') },
      })
    })
  })
})

function callsOf({ output }: OpenAI.Responses.Response): string[] {
  return output.flatMap((item) => (item.type === 'function_call' ? [item.call_id] : []))
}

function said(id: string, text: string): UIMessage {
  return { id, role: 'user', parts: [{ type: 'text', text }] }
}

async function pageOf(app: TestApp) {
  const clientTools = [{ name: 'look', description: 'Looks', inputSchema: { type: 'object' } }]
  const api = `${await app.listen()}/api/chat`
  const transport = new DefaultChatTransport({ api, body: { clientTools } })
  const chatId = 'outputs'
  return {
    send: (messages: UIMessage[]) =>
      transport.sendMessages({
        ...{ chatId, messages, trigger: 'submit-message' },
        ...{ messageId: undefined, abortSignal: undefined },
      }),
    replay: async () => {
      const stream = await transport.reconnectToStream({ chatId })
      return stream && last(stream)
    },
  }
}

async function last(stream: ReadableStream<UIMessageChunk>): Promise<UIMessage | undefined> {
  let message: UIMessage | undefined
  for await (const one of readUIMessageStream({ stream })) message = one
  return message
}

type Called = { messageId: string; callId: CallId }

/** The first call that the page has to carry out, with its message. */
async function untilCalled(app: TestApp): Promise<Called> {
  const found = () =>
    app.services.database.db
      .selectFrom('tool_calls')
      .select(['id as callId', 'message_id as messageId'])
      .where('source', '=', 'client')
      .executeTakeFirst()
  await expect.poll(found).toBeDefined()
  const called = await found()
  if (!called) throw new Error('the call was there')
  return called
}

async function statusOf(app: TestApp, callId: CallId): Promise<string | undefined> {
  const { db } = app.services.database
  const row = await db
    .selectFrom('tool_calls')
    .select('status')
    .where('id', '=', callId)
    .executeTakeFirst()
  return row?.status
}

/** The message as a page sends it after it carried out the call. */
function answerOf({ messageId, callId }: Called): UIMessage {
  return {
    ...{ id: messageId, role: 'assistant' },
    parts: [
      {
        ...{ type: 'tool-look', toolCallId: callId, state: 'output-available' },
        ...{ input: {}, output: 'Seen' },
      },
    ],
  }
}
