import { DefaultChatTransport, readUIMessageStream } from 'ai'
import type { UIMessage } from 'ai'
import { describe, expect, test } from 'vitest'
import { ExportFile } from '../../../shared/contract/export.ts'
import { startConversation } from '../../testing/conversation.ts'
import type { Conversation } from '../../testing/conversation.ts'
import { onEachStorage } from '../../testing/each-storage.ts'
import { fileWithCall } from '../../testing/file-with-call.ts'
import { callOf, hideOutcome, pay } from '../../testing/payments.ts'
import { clientAt } from '../../testing/clients/openai-client.ts'
import { textOf, watch } from '../../testing/clients/watch.ts'

type Talk = Pick<Conversation, 'app' | 'live'>
type Paying = ReturnType<typeof pay>

/** A person has a call tried again whose outcome is unknown, while another run continues its answer. */
onEachStorage((database, openStorage) => {
  describe(`a call that is settled in the middle of a text, on ${database},`, () => {
    test('leaves the text whole to the readers of each door (P17)', async () => {
      const paying = pay()
      await using talk = await startConversation(openStorage, { tools: [paying.tool] })
      await hideOutcome(talk, paying)
      await expectWhole(talk, talk.sessionId, paying)
    })

    test('leaves the text whole to the readers of each door also when an import brought it (P17)', async () => {
      const paying = pay()
      await using talk = await startConversation(openStorage, { tools: [paying.tool] })
      const { app } = talk
      const data = JSON.stringify(fileWithCall()).replaceAll('"amount":7', '"amount":0')
      const { sessions } = await app.caller.sessions.import({
        data: ExportFile.parse(JSON.parse(data)),
      })
      const sessionId = sessions[0]?.id ?? ''
      await using live = watch(app.caller, sessionId)
      await live.untilEvent('snapshot')
      await expectWhole({ app, live }, sessionId, paying)
    })
  })
})

/** Reads what comes of the answer at each door while it is written, and again from any place. */
async function expectWhole({ app, live }: Talk, sessionId: string, paying: Paying): Promise<void> {
  const url = await app.listen()
  const client = clientAt(url, 'any')
  const id = live.state?.messages.at(-1)?.id ?? ''
  const { runId } = await app.caller.messages.continue({ id })
  const writing = await app.model.nextCall()
  const responseId = `resp_${runId.replaceAll('-', '')}`
  const readResponse = async (place: { starting_after?: number } = {}) =>
    Array.fromAsync(await client.responses.retrieve(responseId, { stream: true, ...place }))
  const reading = Promise.all([readResponse(), readMessage(url, sessionId)])
  const until = (end: string) => live.until(({ state }) => textOf(state, id).endsWith(end))
  writing.say('One,')
  await until('One,')
  const ended = paying.wait()
  await app.caller.tools.resolve({ callId: callOf(live).id, outcome: 'retry' })
  writing.say(' two,')
  await until(' two,')
  ended()
  await live.until(() => callOf(live).status === 'completed')
  writing.say(' three.')
  writing.finish()
  const [events, message] = await reading
  const said = events.flatMap((event) =>
    event.type === 'response.output_text.delta' ? [event.delta] : [],
  )
  expect(said.join('')).toBe('One, two, three.')
  expect(events.at(-1)).toMatchObject({
    type: 'response.completed',
    response: { output: expect.arrayContaining([expect.objectContaining(PAID)]) },
  })
  for (let after = 0; after < events.length; after += 1) {
    expect(await readResponse({ starting_after: after })).toEqual(events.slice(after + 1))
  }
  const texts = message?.parts.filter(({ type }) => type === 'text')
  expect(texts).toMatchObject([{ text: 'One, two, three.', state: 'done' }])
  expect(message?.parts).toContainEqual(expect.objectContaining({ output: { paid: 0 } }))
  expect(await readMessage(url, sessionId)).toEqual(message)
}

const PAID = { type: 'mcp_call', name: 'pay', status: 'completed', output: '{"paid":0}' }

async function readMessage(url: string, chatId: string): Promise<UIMessage | undefined> {
  const transport = new DefaultChatTransport({ api: `${url}/api/chat` })
  const stream = await transport.reconnectToStream({ chatId })
  if (!stream) throw new Error('the chat has an answer')
  let last: UIMessage | undefined
  for await (const one of readUIMessageStream({ stream })) last = one
  return last
}
