// A provider in a process of its own, so that its work is not measured. `[[n=500,r=50]]` in the question asks
// for 500 tokens at 50 a second, in a random phase; r=0 for all of them at once.
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { DONE, chatChunk, sse } from '../../server/model/testing/scripted-provider.ts'
import { stamp } from './stamps.ts'

type Stream = { response: ServerResponse; left: number; everyMs: number; dueAt: number }

const PLACE = '~AAAA'
const [BEFORE = '', AFTER = ''] = sse(chatChunk({ content: PLACE })).split(PLACE)
const TICK_MS = 1

const streams = new Set<Stream>()

const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) =>
    response.destroy(new Error('the provider failed', { cause: error })),
  )
})

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  // The last one belongs to the question; those before it belong to earlier questions.
  const asked = [...(await text(request)).matchAll(/\[\[n=(\d+),r=(\d+)\]\]/g)].at(-1)
  const [, tokens = '1', rate = '0'] = asked ?? []
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write(sse(chatChunk({ role: 'assistant', content: '' })))
  if (rate === '0') {
    say(response, Number(tokens))
    response.end(sse(chatChunk({}, 'stop')) + DONE)
    return
  }
  const everyMs = 1000 / Number(rate)
  const dueAt = performance.now() + Math.random() * everyMs
  const stream = { response, left: Number(tokens), everyMs, dueAt }
  streams.add(stream)
  response.once('close', () => streams.delete(stream))
}

setInterval(() => {
  const now = performance.now()
  for (const stream of streams) {
    const due = Math.min(stream.left, Math.floor((now - stream.dueAt) / stream.everyMs) + 1)
    if (due > 0) {
      say(stream.response, due)
      stream.left -= due
      stream.dueAt += due * stream.everyMs
    }
    if (stream.left === 0) {
      streams.delete(stream)
      stream.response.end(sse(chatChunk({}, 'stop')) + DONE)
    }
  }
}, TICK_MS).unref()

function say(response: ServerResponse, tokens: number): void {
  response.write(Array.from({ length: tokens }, () => BEFORE + stamp() + AFTER).join(''))
}

server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  const address = server.address()
  process.send?.({ port: typeof address === 'object' ? address?.port : null })
})
process.once('disconnect', () => process.exit(0))
