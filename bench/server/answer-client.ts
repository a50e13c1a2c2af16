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
 * A client in another process with one session over the plain WebSocket (contract, section 4). It sends one message and
 * records what it is shown, across any number of connections.
 */
export class AnswerClient {
  readonly sessionId = SessionId.parse(newId())
  /** The text of the answer as a user interface would show it. */
  shown = ''
  outcome: string | null = null
  error: string | null = null
  #seq: number | null = null
  #socket: WebSocket | null = null

  /** Connects, or reconnects after the last frame that was received; resolves with the server's first frame. */
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

  /** Reads the session's log through the public API. */
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
        // A new attempt after a takeover: the text so far is void and is streamed again.
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

/** The fields of a session event that the benchmark uses. */
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

/** Waits until all clients fulfil the condition; false after `timeout` milliseconds. */
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
