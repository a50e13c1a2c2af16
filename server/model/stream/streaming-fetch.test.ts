import { once } from 'node:events'
import { createServer } from 'node:http'
import type { RequestListener, ServerResponse } from 'node:http'
import type { Server } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterEach, expect, test, vi } from 'vitest'
import { sourceOf, StreamedResponse } from './byte-source.ts'
import { streamingFetch } from './streaming-fetch.ts'
import { collect, stepOf } from '../testing/collect.ts'
import { scriptedPort } from '../testing/scripted-port.ts'
import { chatAnswer } from '../testing/scripted-provider.ts'
import { listenOnLoopback } from '../../../scripts/testing/loopback.ts'

afterEach(() => {
  vi.useRealTimers()
})

async function listen(listener: RequestListener) {
  const server: Server & { closeAllConnections(): void } = createServer(listener)
  const { url } = await listenOnLoopback(server)
  return {
    url: `${url}/v1`,
    server,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

const POST = { method: 'POST', body: '{}' }

/** Reads a response completely, as text. */
function textOf(response: Response): Promise<string> {
  const pieces: Uint8Array[] = []
  return new Promise((resolve, reject) =>
    sourceOf(response).read({
      piece: (bytes) => pieces.push(bytes),
      end: () => resolve(Buffer.concat(pieces).toString()),
      fail: reject,
    }),
  )
}

test('waits longer than the five minutes after which fetch gives up, for headers and between two words', async () => {
  const waiting = Promise.withResolvers<ServerResponse>()
  await using provider = await listen((_, response) => waiting.resolve(response))
  await import('undici')
  // Only the functions that the library's timers use are faked; the network needs the real ones.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] })
  const answering = streamingFetch(provider.url, POST)
  const response = await waiting.promise
  await vi.advanceTimersByTimeAsync(1_000_000)
  response.write('one ')
  const text = textOf(await answering)
  await vi.advanceTimersByTimeAsync(1_000_000)
  response.end('two')
  expect(await text).toBe('one two')
})

test('goes where it is sent, reads what is compressed, and brings the words of a refusal', async () => {
  await using provider = await listen((request, response) => {
    if (request.url === '/v1') {
      response.writeHead(307, { location: '/there' }).end()
    } else if (request.url === '/there') {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('hello'))
    } else {
      response.writeHead(429, { 'retry-after': '3' }).end('{"error":"later"}')
    }
  })
  expect(await textOf(await streamingFetch(provider.url, POST))).toBe('hello')
  const refused = await streamingFetch(`${provider.url}/no`, POST)
  expect(refused).not.toBeInstanceOf(StreamedResponse)
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '3'])
  expect(await refused.json()).toEqual({ error: 'later' })
})

test('an abort ends the request at once, before and after its headers', async () => {
  for (const answers of [false, true]) {
    const asked = Promise.withResolvers<ServerResponse>()
    await using provider = await listen((_, response) => {
      if (answers) response.write('one ')
      asked.resolve(response)
    })
    const controller = new AbortController()
    const answering = streamingFetch(provider.url, { ...POST, signal: controller.signal })
    const response = await asked.promise
    const gone = once(response, 'close')
    const text = answers ? textOf(await answering) : answering
    controller.abort(new Error('enough'))
    await expect(text).rejects.toThrow('enough')
    await gone
  }
})

test('a provider that is not read is paused, and goes on where it was', async () => {
  const sent = 64 * 1024 * 1024
  let response: ServerResponse | undefined
  await using provider = await listen((_, answer) => {
    response = answer
    answer.end(Buffer.alloc(sent))
  })
  const source = sourceOf(await streamingFetch(provider.url, POST))
  let length = 0
  const ended = new Promise<void>((resolve, reject) =>
    source.read({
      piece: (bytes) => {
        length += bytes.length
        source.pause()
      },
      end: resolve,
      fail: reject,
    }),
  )
  await expect.poll(() => length).toBeGreaterThan(0)
  expect(length).toBeLessThan(sent / 2)
  expect(response?.writableFinished).toBe(false)
  const going = setInterval(() => source.resume(), 1)
  await ended
  clearInterval(going)
  expect(length).toBe(sent)
})

test('an answer that was read to its end leaves its connection to the next', async () => {
  await using scripted = await scriptedPort([{ body: [chatAnswer('Hello'), { delay: 20 }] }])
  for (let step = 0; step < 3; step += 1) {
    await collect(scripted.port, stepOf('hi'))
    await scripted.provider.requests.at(-1)?.over
  }
  expect(scripted.provider.requests.map(({ aborted }) => aborted)).toEqual([false, false, false])
})

test('of an answer that refuses without end only its beginning is read', async () => {
  const closed = Promise.withResolvers<void>()
  await using provider = await listen((_, response) => {
    response.writeHead(500)
    const piece = 'x'.repeat(10_000)
    const more = () => {
      while (!response.destroyed && response.write(piece));
    }
    response.on('drain', more)
    response.on('close', () => closed.resolve())
    more()
  })
  const response = await streamingFetch(provider.url, POST)
  expect(response.status).toBe(500)
  expect((await response.text()).length).toBeLessThan(1_000_000)
  await closed.promise
})
