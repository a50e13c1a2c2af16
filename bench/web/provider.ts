import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { DONE, chatChunk, sse } from '../../server/model/testing/scripted-provider.ts'

const TICK_MS = 10

/** The pace of a provider: `atOnce` tokens immediately, then `perSecond` tokens a second. */
export type Pace = { tokens: readonly string[]; atOnce: number; perSecond: number }

/**
 * A provider on loopback that follows a schedule: after a delay, as on a busy machine, it catches up. Requests without
 * tools, such as those for a title, get two words.
 */
export async function startPacedProvider(
  paceOf: (question: string) => Pace,
): Promise<AsyncDisposable & { baseUrl: string }> {
  const server = createServer((request, response) => {
    void answer(request, response, paceOf).catch((error: unknown) => {
      response.destroy(new Error('the provider failed', { cause: error }))
    })
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the provider has no port')
  return {
    baseUrl: `http://127.0.0.1:${address.port}/v1`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  paceOf: (question: string) => Pace,
): Promise<void> {
  let body = ''
  for await (const piece of request.setEncoding('utf8')) body += piece
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const end = () => response.end(sse(chatChunk({}, 'stop')) + DONE)
  if (!body.includes('"tools":[')) {
    response.write(sse(chatChunk({ content: 'A bench' })))
    return void end()
  }
  const { tokens, atOnce, perSecond } = paceOf(body)
  const began = performance.now()
  let sent = 0
  const timer = setInterval(() => {
    const due = Math.min(tokens.length, atOnce + ((performance.now() - began) / 1000) * perSecond)
    const events = tokens.slice(sent, due).map((content) => chatChunk({ content }))
    sent += events.length
    if (events.length > 0) response.write(sse(...events))
    if (sent < tokens.length) return
    clearInterval(timer)
    end()
  }, TICK_MS)
  response.once('close', () => clearInterval(timer))
}
