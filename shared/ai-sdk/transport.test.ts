import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { readUIMessageStream } from 'ai'
import type { UIMessage } from 'ai'
import { expect, test } from 'vitest'
import { startTestApp } from '../../server/testing/app.ts'
import { ThroughlineChatTransport } from './transport.ts'
import { listenOnLoopback } from '../../scripts/testing/loopback.ts'

const question: UIMessage = { id: 'm1', role: 'user', parts: [{ type: 'text', text: 'Hello' }] }

test('an answer whose connection is cut again and again comes whole, and nothing of it twice (P17)', async () => {
  await using app = await startTestApp()
  const door = await app.listen()
  await using proxy = await cuttingProxy(door)
  const transport = new ThroughlineChatTransport({
    api: `${proxy.url}/api/chat`,
    retryDelay: () => 0,
  })
  const stream = await transport.sendMessages({
    ...{ chatId: 'chat', messages: [question], trigger: 'submit-message', messageId: undefined },
    abortSignal: undefined,
  })
  const reading = Array.fromAsync(readUIMessageStream({ stream }))
  const call = await app.model.nextCall()
  const words = Array.from({ length: 120 }, (_, index) => `word${index} `)
  for (const word of words) {
    call.say(word)
    await new Promise((resolve) => setImmediate(resolve))
  }
  call.finish()
  const last = (await reading).at(-1)
  expect(last?.parts).toMatchObject([
    { type: 'step-start' },
    { type: 'text', text: words.join('') },
  ])
  expect(proxy.cuts).toBeGreaterThan(2)
  const again = await transport.reconnectToStream({ chatId: 'chat', abortSignal: undefined })
  if (!again) throw new Error('there was an answer')
  expect((await Array.fromAsync(readUIMessageStream({ stream: again }))).at(-1)).toEqual(last)
  expect(await transport.reconnectToStream({ chatId: 'other', abortSignal: undefined })).toBeNull()
})

test('what the server refuses is an error, and is not tried again', async () => {
  await using app = await startTestApp()
  const transport = new ThroughlineChatTransport({ api: `${await app.listen()}/api/chat` })
  const file = { type: 'file', url: 'nowhere', mediaType: 'image/png' } as const
  const sent = transport.sendMessages({
    ...{ chatId: 'chat', trigger: 'submit-message', messageId: undefined, abortSignal: undefined },
    messages: [{ ...question, parts: [file] }],
  })
  await expect(sent).rejects.toThrow('A file must be')
})

/** A proxy that cuts each response after some hundred bytes of events, anywhere. */
async function cuttingProxy(target: string) {
  let cuts = 0
  const passOn = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await Array.fromAsync(request)
    const answer = await fetch(target + (request.url ?? ''), {
      method: request.method ?? 'GET',
      headers: { 'content-type': 'application/json' },
      ...(request.method === 'POST' && { body: Buffer.concat(body) }),
    })
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' })
    // The limit grows, because all chunks of one event have to fit in the end.
    let left = 250 + cuts * 60
    for await (const piece of answer.body ?? []) {
      const part = piece.subarray(0, left)
      await new Promise((resolve) => response.write(part, resolve))
      left -= part.length
      if (left > 0) continue
      cuts += 1
      response.destroy()
      return
    }
    response.end()
  }
  const server = createServer((request, response) => {
    passOn(request, response).catch(() => response.destroy())
  })
  const { url } = await listenOnLoopback(server)
  return {
    url,
    get cuts() {
      return cuts
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
