import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { createParser } from 'eventsource-parser'
import { WebSocket } from 'ws'
import { newId } from '../../shared/contract/new-id.ts'

/** The protocol through which a client reads an answer. */
export const doorNames = [
  'tRPC',
  'tRPC, server-sent events',
  'plain socket',
  'AI SDK',
  'Responses',
  'Chat Completions',
] as const
export type DoorName = (typeof doorNames)[number]

export type DoorReader = {
  /** Resolves at the end of the answer with the number of tokens that arrived. */
  ask(question: string): Promise<number>
  close(): void
}

export function openReader(name: DoorName, url: string): Promise<DoorReader> {
  switch (name) {
    case 'tRPC':
      return readWatch(url)
    case 'tRPC, server-sent events':
      return readWatchByEvents(url)
    case 'plain socket':
      return readPlainSocket(url)
    case 'AI SDK':
      return readStream(`${url}/api/chat`, (text) => ({
        id: newId(),
        messages: [{ id: newId(), role: 'user', parts: [{ type: 'text', text }] }],
      }))
    case 'Responses':
      return readStream(`${url}/v1/responses`, (input) => ({
        ...{ model: 'default', stream: true, input },
      }))
    case 'Chat Completions':
      return readStream(`${url}/v1/chat/completions`, (content) => ({
        ...{ model: 'default', stream: true, messages: [{ role: 'user', content }] },
      }))
  }
}

/** The wait before a request that exceeded a limit is tried again. Milliseconds. */
const RETRY_MS = 100

/** Each token contains one tilde, and nothing else in an answer does. */
const tokensIn = (text: string): number => text.split('~').length - 1

async function socketTo(address: string): Promise<WebSocket> {
  const socket = new WebSocket(address.replace('http', 'ws'), { perMessageDeflate: false })
  await once(socket, 'open')
  return socket
}

async function post(url: string, body: unknown): Promise<unknown> {
  const asked = () =>
    fetch(url, {
      ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
      body: JSON.stringify(body),
    })
  let response = await asked()
  while (response.status === 503) {
    await delay(RETRY_MS)
    response = await asked()
  }
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`)
  return response.json()
}

async function readWatch(url: string): Promise<DoorReader> {
  const sessionId = newId()
  await post(`${url}/api/session`, { id: sessionId, title: 'Benchmark' })
  const socket = await socketTo(`${url}/trpc`)
  let tokens = 0
  const watched = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<void>()
  socket.on('message', (data: Buffer) => {
    const frame = data.toString()
    if (frame === 'PING') socket.send('PONG')
    else if (frame.includes('"type":"chunk"')) tokens += tokensIn(frame)
    else if (frame.includes('"type":"snapshot"')) watched.resolve()
    else if (frame.includes('"type":"end"')) ended.resolve()
    else if (frame.includes('"error":{"message"')) askAgain(frame)
  })
  let asked = ''
  /** A busy machine lets commands wait longer than the server does. */
  const askAgain = (refusal: string): void => {
    if (!refusal.includes('SERVICE_UNAVAILABLE')) return ended.reject(new Error(refusal))
    setTimeout(() => socket.send(asked), RETRY_MS)
  }
  const params = { path: 'sessions.watch', input: { id: sessionId } }
  socket.send(JSON.stringify({ id: 1, method: 'subscription', params }))
  await watched.promise
  return {
    ask: async (text) => {
      const input = { id: newId(), sessionId, text }
      const request = { id: 2, method: 'mutation', params: { path: 'messages.send', input } }
      asked = JSON.stringify(request)
      socket.send(asked)
      await ended.promise
      return tokens
    },
    close: () => socket.terminate(),
  }
}

async function readWatchByEvents(url: string): Promise<DoorReader> {
  const sessionId = newId()
  await post(`${url}/api/session`, { id: sessionId, title: 'Benchmark' })
  const leave = new AbortController()
  const input = encodeURIComponent(JSON.stringify({ id: sessionId }))
  const response = await fetch(`${url}/trpc/sessions.watch?input=${input}`, {
    ...{ headers: { accept: 'text/event-stream' }, signal: leave.signal },
  })
  let tokens = 0
  const watched = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<void>()
  const reading = eachEvent(response, (data) => {
    if (data.includes('"type":"chunk"')) tokens += tokensIn(data)
    else if (data.includes('"type":"snapshot"')) watched.resolve()
    else if (data.includes('"type":"end"')) ended.resolve()
  })
  reading.catch((error: unknown) => {
    if (!leave.signal.aborted) ended.reject(error)
  })
  await watched.promise
  return {
    ask: async (text) => {
      await post(`${url}/api/session/${sessionId}/messages`, { text })
      await ended.promise
      return tokens
    },
    close: () => leave.abort(),
  }
}

async function readPlainSocket(url: string): Promise<DoorReader> {
  const socket = await socketTo(`${url}/ws/session/${newId()}`)
  let tokens = 0
  const ended = Promise.withResolvers<void>()
  socket.on('message', (data: Buffer) => {
    const frame = data.toString()
    if (frame.includes('"ai_response_chunk"')) tokens += tokensIn(frame)
    else if (frame.includes('"ai_response_end"')) ended.resolve()
  })
  return {
    ask: async (text) => {
      socket.send(text)
      await ended.promise
      return tokens
    },
    close: () => socket.terminate(),
  }
}

/** A door whose answer is the body of the request. */
async function readStream(address: string, bodyOf: (text: string) => unknown): Promise<DoorReader> {
  return {
    ask: async (text) => {
      const asked = () =>
        fetch(address, {
          ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
          body: JSON.stringify(bodyOf(text)),
        })
      let response = await asked()
      // Chat Completions imports the history that it is given, and few imports go on at once.
      while (response.status === 429) {
        await delay(RETRY_MS)
        response = await asked()
      }
      if (!response.ok) throw new Error(`${address}: ${response.status} ${await response.text()}`)
      let tokens = 0
      await eachEvent(response, (data) => {
        // At the end, Responses repeats the whole text.
        if (data.includes('"delta"')) tokens += tokensIn(data)
      })
      return tokens
    },
    close: () => undefined,
  }
}

async function eachEvent(response: Response, take: (data: string) => void): Promise<void> {
  const parser = createParser({ onEvent: ({ data }) => take(data) })
  for await (const piece of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    parser.feed(piece)
  }
}
