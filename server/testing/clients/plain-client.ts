import { WebSocket } from 'ws'
import type { RawData } from 'ws'

/** A parsed frame of the plain protocol, untyped: this client knows no types of the server. */
export type Frame = { type?: unknown; [field: string]: unknown }

/** A client of `/ws/session/:id` that uses only the `ws` package. */
export type PlainClient = {
  readonly frames: readonly Frame[]
  /** Resolves with the close code. */
  readonly closed: Promise<number>
  send(data: string | Buffer | object): void
  /** Resolves with the first past or future frame that fulfils the condition. */
  until(condition: (frame: Frame) => boolean): Promise<Frame>
  /** Drops the connection without a close frame. */
  drop(): Promise<number>
}

/** @param address such as `ws://127.0.0.1:8001/ws/session/ID?after=7` */
export function connectPlain(address: string, headers: Record<string, string> = {}): PlainClient {
  const socket = new WebSocket(address, { headers })
  const frames: Frame[] = []
  const waiting = new Set<() => void>()
  const closed = Promise.withResolvers<number>()
  let error: Error | null = null
  socket.on('message', (data) => {
    frames.push(parse(data))
    for (const look of [...waiting]) look()
  })
  socket.on('error', (cause) => {
    error = cause
  })
  socket.on('close', (code) => {
    closed.resolve(code)
    for (const look of [...waiting]) look()
  })

  return {
    frames,
    closed: closed.promise,
    send(data) {
      const isRaw = typeof data === 'string' || Buffer.isBuffer(data)
      socket.send(isRaw ? data : JSON.stringify(data))
    },
    until: (condition) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = frames.find(condition)
          if (!found && socket.readyState !== WebSocket.CLOSED) return
          waiting.delete(look)
          if (found) resolve(found)
          else reject(error ?? new Error(`closed after ${JSON.stringify(frames)}`))
        }
        waiting.add(look)
        look()
      }),
    drop() {
      socket.terminate()
      return closed.promise
    },
  }
}

/** The text of each answer by its message id, from the frames: a repeated `start` resets it. */
export function answersIn(frames: readonly Frame[]): Map<unknown, string> {
  const answers = new Map<unknown, string>()
  let current: unknown
  for (const { type, message_id, content } of frames) {
    if (type === 'ai_response_start') {
      answers.set((current = message_id), '')
    } else if (type === 'ai_response_chunk') {
      answers.set(current, (answers.get(current) ?? '') + String(content))
    }
  }
  return answers
}

function parse(data: RawData): Frame {
  // `ws` delivers one buffer unless configured otherwise, though its type allows more.
  const value: unknown = Buffer.isBuffer(data) ? JSON.parse(data.toString()) : null
  if (typeof value !== 'object' || value === null) throw new Error('what came is no frame')
  return { ...value }
}
