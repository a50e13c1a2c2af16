import { DefaultChatTransport, readUIMessageStream } from 'ai'
import type { UIMessage } from 'ai'
import type OpenAI from 'openai'
import { describe, expect, test } from 'vitest'
import { startConversation } from '../../testing/conversation.ts'
import { onEachStorage } from '../../testing/each-storage.ts'
import { clientAt } from '../../testing/clients/openai-client.ts'

type Item = OpenAI.Responses.ResponseInputItem

const items: Item[] = [
  { role: 'user', content: 'Look' },
  { type: 'function_call', call_id: 'a', name: 'look', arguments: '{"n":1}' },
  { type: 'function_call_output', call_id: 'a', output: 'Seen' },
  { role: 'assistant', content: 'It is there.' },
]

function textOfItem(item: OpenAI.Responses.ResponseOutputItem): string {
  const content = item.type === 'message' ? item.content : []
  return content.map((one) => (one.type === 'output_text' ? one.text : '')).join('')
}

/** Answers of which the log has nothing: they were imported, posted, or copied by a fork. */
onEachStorage((database, openStorage) => {
  describe(`answers that were imported, on ${database}`, () => {
    test('are read to their end through each door, and gone on with from any place (P13, P17)', async () => {
      await using talk = await startConversation(openStorage)
      const { app } = talk
      const url = await app.listen()
      const client = clientAt(url, 'any')
      await client.conversations.create({ items })
      const [made] = (await app.caller.sessions.list({})).items
      const { messages } = await app.caller.sessions.read({ id: made?.id ?? '' })
      const answer = messages.at(-1)
      const fork = await app.caller.sessions.fork({ messageId: answer?.id ?? '' })

      const id = `resp_${(answer?.runId ?? '').replaceAll('-', '')}`
      const whole = await client.responses.retrieve(id)
      expect(whole).toMatchObject({ status: 'completed', output_text: 'It is there.' })
      const events = await Array.fromAsync(await client.responses.retrieve(id, { stream: true }))
      expect(events.at(-1)?.type).toBe('response.completed')
      for (let after = 0; after < events.length; after += 1) {
        const rest = await client.responses.retrieve(id, { stream: true, starting_after: after })
        expect(await Array.fromAsync(rest)).toEqual(events.slice(after + 1))
      }

      for (const chatId of [made?.id ?? '', fork.id]) {
        const transport = new DefaultChatTransport({ api: `${url}/api/chat` })
        const stream = await transport.reconnectToStream({ chatId })
        if (!stream) throw new Error('the chat has an answer')
        let last: UIMessage | undefined
        for await (const one of readUIMessageStream({ stream })) last = one
        expect(last?.parts).toContainEqual(
          expect.objectContaining({ state: 'output-available', output: 'Seen' }),
        )
        expect(last?.parts.at(-1)).toMatchObject({ type: 'text', text: 'It is there.' })
        const read = async (query = '') => {
          const text = await (await fetch(`${url}/api/chat/${chatId}/stream${query}`)).text()
          return text
            .trimEnd()
            .split('\n\n')
            .filter((piece) => !piece.startsWith(':'))
        }
        const pieces = await read()
        const placed = pieces.flatMap((piece, at) => {
          const place = /^id: (\d+)$/m.exec(piece)?.[1]
          return place === undefined ? [] : [{ place, at }]
        })
        expect(placed.length).toBeGreaterThan(2)
        for (const { place, at } of placed) {
          expect(await read(`?after=${place}`)).toEqual(pieces.slice(at + 1))
        }
      }
    })

    test('are whole through each door when a run goes on with them (P17)', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId } = talk
      const url = await app.listen()
      await app.caller.messages.send({ sessionId, text: 'Count' })
      const first = await app.model.nextCall()
      first.say('One,')
      first.push({ type: 'finish', finish: 'length' })
      const ended = await talk.live.untilEvent('end')
      const fork = await app.caller.sessions.fork({ messageId: ended.messageId })
      const copied = (await app.caller.sessions.read({ id: fork.id })).messages.at(-1)

      const { runId } = await app.caller.messages.continue({ id: copied?.id ?? '' })
      const second = await app.model.nextCall()
      second.say(' two.')
      second.finish()
      const whole = ['One,', ' two.']
      const responses = clientAt(url, 'any').responses
      const id = `resp_${runId.replaceAll('-', '')}`
      for await (const event of await responses.retrieve(id, { stream: true })) {
        if (event.type !== 'response.completed') continue
        expect(event.response.output.map(textOfItem)).toEqual(whole)
      }
      expect((await responses.retrieve(id)).output_text).toBe(whole.join(''))

      const transport = new DefaultChatTransport({ api: `${url}/api/chat` })
      const stream = await transport.reconnectToStream({ chatId: fork.id })
      if (!stream) throw new Error('the chat has an answer')
      let last: UIMessage | undefined
      for await (const one of readUIMessageStream({ stream })) last = one
      expect(last?.parts.flatMap((part) => (part.type === 'text' ? [part.text] : []))).toEqual(
        whole,
      )
    })
  })
})
