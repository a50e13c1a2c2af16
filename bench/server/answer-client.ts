import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { SessionId } from '../../shared/contract/ids.ts'
import { newId } from '../../shared/contract/new-id.ts'

const Frame = z.discriminatedUnion('type', [
  z.object({ type: z.literal('system') }),
  z.object({ type: z.literal('ai_response_start'), message_id: z.string() }),
  z.object({ type: z.literal('ai_response_chunk'), content: z.string(), seq: z.number() }),
  z.object({ type: z.literal('ai_response_end'), outcome: z.string() }),
  z.object({ type: z.literal('error'), code: z.string(), message: z.string() }),
])

/**
 * A person outside with one conversation, over the plain WebSocket (CONTRACT section 4): asks one thing and keeps what
 * is shown, through as many connections as it takes.
 */
export class AnswerClient {
  readonly sessionId = SessionId.parse(newId())
  /** The answer as it stands on the screen. */
  shown = ''
  outcome: string | null = null
  error: string | null = null
  #seq: number | null = null
  #socket: WebSocket | null = null

  /** Connects, again after the last frame that was seen; resolves when the server has greeted. */
  async connect(url: string): Promise<void> {
    const address = new URL(`/ws/session/${this.sessionId}`, url.replace('http', 'ws'))
    if (this.#seq !== null) address.searchParams.set('after', String(this.#seq))
    const socket = new WebSocket(address)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    socket.addEventListener('message', ({ data }) => {
      this.#take(Frame.parse(JSON.parse(String(data))))
      resolve()
    })
    socket.addEventListener('close', () => reject(new Error('the server closed the socket')))
    socket.addEventListener('error', () => reject(new Error('the socket could not be opened')))
    this.#socket = socket
    await promise
  }

  ask(text: string): void {
    this.#socket?.send(text)
  }

  close(): void {
    this.#socket?.close()
  }

  /** The session's log, as anybody may audit it. */
  async readLog(url: string): Promise<LogEvent[]> {
    const input = JSON.stringify({ id: this.sessionId, limit: 1000 })
    const response = await fetch(
      new URL(`/trpc/sessions.log?input=${encodeURIComponent(input)}`, url),
    )
    return LogAnswer.parse(await response.json()).result.data.events.map(({ event }) => event)
  }

  /** The answer's text as the server has stored it. */
  async readStored(url: string): Promise<string> {
    const response = await fetch(new URL(`/api/session/${this.sessionId}`, url))
    if (!response.ok) throw new Error(`the session could not be read: ${await response.text()}`)
    const { messages } = SessionAnswer.parse(await response.json())
    const parts = messages.findLast(({ role }) => role === 'assistant')?.parts ?? []
    return parts.map(({ text }) => text ?? '').join('')
  }

  #take(frame: z.infer<typeof Frame>): void {
    switch (frame.type) {
      case 'system':
        return
      case 'ai_response_start':
        // Again, after a takeover: what came so far is void, and comes anew.
        this.shown = ''
        return
      case 'ai_response_chunk':
        this.shown += frame.content
        this.#seq = frame.seq
        return
      case 'ai_response_end':
        this.outcome = frame.outcome
        return
      case 'error':
        this.error = `${frame.code}: ${frame.message}`
    }
  }
}

/** What there is to know of a session's event here. */
export const LogEvent = z.object({
  type: z.string(),
  attempt: z.number().optional(),
  offset: z.number().optional(),
  text: z.string().optional(),
})
export type LogEvent = z.infer<typeof LogEvent>

const LogAnswer = z.object({
  result: z.object({ data: z.object({ events: z.array(z.object({ event: LogEvent })) }) }),
})

const SessionAnswer = z.object({
  messages: z.array(
    z.object({ role: z.string(), parts: z.array(z.looseObject({ text: z.string().optional() })) }),
  ),
})

/** Waits until all of them say so; false when they do not in time (milliseconds). */
export async function allOf(
  clients: readonly AnswerClient[],
  condition: (client: AnswerClient) => boolean,
  timeout: number,
): Promise<boolean> {
  const deadline = performance.now() + timeout
  while (!clients.every(condition)) {
    if (performance.now() > deadline) return false
    await delay(5)
  }
  return true
}
