import { once } from 'node:events'
import { WebSocket } from 'ws'
import { z } from 'zod'
import { parseJson } from '../../server/model/json.ts'
import { newId } from '../../shared/contract/new-id.ts'
import { StampReader } from './stamps.ts'

/** One person's conversation with one of the targets, over a connection of their own. */
export type Reader = {
  /** The tokens received so far, and how many of them arrived out of order. */
  readonly stamps: StampReader
  /** Ready to ask: with a session that is already watched, if the target has sessions. */
  open(): Promise<void>
  /** Resolves at the end of the answer. */
  ask(question: string): Promise<void>
  close(): void
}

export type OpenReader = (url: string, onToken: (ageMs: number) => void) => Reader

const Message = z.looseObject({
  id: z.union([z.number(), z.string()]).nullish(),
  type: z.string().optional(),
  error: z.looseObject({ message: z.string() }).optional(),
  result: z
    .looseObject({
      data: z.looseObject({ data: z.looseObject({ type: z.string() }).optional() }).optional(),
    })
    .optional(),
})

/** Waits for one event at a time. */
class Awaited {
  #waiting: PromiseWithResolvers<void> | null = null

  async next(): Promise<void> {
    this.#waiting = Promise.withResolvers<void>()
    await this.#waiting.promise
  }

  came(): void {
    this.#waiting?.resolve()
  }

  failed(why: string): void {
    this.#waiting?.reject(new Error(why))
  }
}

async function connect(
  address: string,
  onFrame: (frame: Buffer, socket: WebSocket) => void,
  ...awaited: Awaited[]
): Promise<WebSocket> {
  const fail = (why: string) => awaited.forEach((one) => one.failed(why))
  const socket = new WebSocket(address, { perMessageDeflate: false })
  socket.on('message', (data) => onFrame(Buffer.isBuffer(data) ? data : Buffer.from(''), socket))
  socket.on('close', (code) => fail(`the connection was closed (${code})`))
  socket.on('error', (error) => fail(error.message))
  await once(socket, 'open')
  return socket
}

/** Throughline: a mutation and a subscription over tRPC's WebSocket. */
export const readThroughline: OpenReader = (url, onToken) => {
  const stamps = new StampReader(onToken)
  const awaited = new Awaited()
  const ended = new Awaited()
  const sessionId = newId()
  let socket: WebSocket | null = null
  let last = 0
  const say = (method: string, path: string, input: object) =>
    socket?.send(JSON.stringify({ id: ++last, method, params: { path, input } }))
  const take = (frame: Buffer, from: WebSocket) => {
    if (frame.includes('"type":"chunk"')) {
      stamps.read(frame)
      return
    }
    if (frame.toString() === 'PING') {
      from.send('PONG')
      return
    }
    const { error, result, id } = Message.parse(parseJson(frame.toString()))
    const event = result?.data?.data?.type
    if (error) {
      awaited.failed(error.message)
      ended.failed(error.message)
    } else if (event === 'end') {
      ended.came()
    } else if (event === 'snapshot' || (id === 1 && !event)) {
      awaited.came()
    }
  }
  return {
    stamps,
    open: async () => {
      socket = await connect(`${url.replace('http', 'ws')}/trpc`, take, awaited, ended)
      say('mutation', 'sessions.create', { id: sessionId, title: 'Benchmark' })
      await awaited.next()
      say('subscription', 'sessions.watch', { id: sessionId })
      await awaited.next()
    },
    ask: (text) => {
      say('mutation', 'messages.send', { sessionId, text })
      return ended.next()
    },
    close: () => socket?.terminate(),
  }
}

/** The raw pipe's frames. */
export const readRawPipe: OpenReader = (url, onToken) => {
  const stamps = new StampReader(onToken)
  const ended = new Awaited()
  let socket: WebSocket | null = null
  const take = (frame: Buffer) => {
    stamps.read(frame)
    if (frame.includes('"type":"end"')) {
      ended.came()
    } else if (frame.includes('"type":"error"')) {
      ended.failed(frame.toString())
    }
  }
  return {
    stamps,
    open: async () => {
      socket = await connect(url.replace('http', 'ws'), take, ended)
    },
    ask: (text) => {
      socket?.send(JSON.stringify({ text }))
      return ended.next()
    },
    close: () => socket?.terminate(),
  }
}

/** Socket.IO's frames: 0 opens, 2 and 3 are the heartbeat, 40 joins the namespace, 42 is an event. */
export const readSocketIo: OpenReader = (url, onToken) => {
  const stamps = new StampReader(onToken)
  const opened = new Awaited()
  const ended = new Awaited()
  let socket: WebSocket | null = null
  const take = (frame: Buffer, from: WebSocket) => {
    stamps.read(frame)
    const text = frame.subarray(0, 10).toString()
    if (text.startsWith('0')) {
      from.send('40')
    } else if (text === '2') {
      from.send('3')
    } else if (text.startsWith('40')) {
      opened.came()
    } else if (text.startsWith('42["end"')) {
      ended.came()
    } else if (text.startsWith('42["error')) {
      ended.failed(frame.toString())
    }
  }
  return {
    stamps,
    open: async () => {
      const ready = opened.next()
      const address = `${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`
      socket = await connect(address, take, opened, ended)
      await ready
    },
    ask: (text) => {
      socket?.send(`42${JSON.stringify(['ask', { text }])}`)
      return ended.next()
    },
    close: () => socket?.terminate(),
  }
}

/** The AI SDK's server-sent events: the answer is the body of the request. */
export const readAiSdk: OpenReader = (url, onToken) => {
  const stamps = new StampReader(onToken)
  const closing = new AbortController()
  return {
    stamps,
    open: async () => undefined,
    ask: async (text) => {
      const response = await fetch(url, {
        method: 'POST',
        signal: closing.signal,
        body: JSON.stringify({
          messages: [{ id: newId(), role: 'user', parts: [{ type: 'text', text }] }],
        }),
      })
      for await (const piece of response.body ?? []) {
        stamps.read(Buffer.from(piece))
      }
    },
    close: () => closing.abort(),
  }
}
