import { once } from 'node:events'
import { WebSocket } from 'ws'
import type { LoggedEvent } from '../../../shared/contract/events.ts'
import { fold } from '../../../shared/session/fold.ts'
import type { SessionState } from '../../../shared/session/fold.ts'

/** A watch over tRPC's WebSocket that keeps every message as text, and the state that the messages fold to. */
export type RawWatch = AsyncDisposable & {
  /** The messages about the session, each as its text. */
  readonly messages: readonly string[]
  readonly state: SessionState | null
  readonly seq: number
  /** Stops reading from the network until `resume`. */
  pause(): void
  resume(): void
  /** Resolves when every event up to this `seq` has arrived. */
  reaches(seq: number): Promise<void>
}

/** @param from a state to resume from; without it the watch begins with a snapshot */
export async function watchRaw(
  url: string,
  sessionId: string,
  from: SessionState | null = null,
): Promise<RawWatch> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/trpc`)
  const messages: string[] = []
  const waiting = new Set<() => void>()
  let state = from
  let failure: Error | null = null
  socket.on('message', (data: Buffer) => {
    const text = data.toString()
    try {
      const logged = readEvent(text)
      if (logged) {
        if (logged.event.type !== 'snapshot' && logged.seq <= (state?.seq ?? -1)) {
          throw new Error(`${logged.seq} came after ${state?.seq}`)
        }
        state = fold(state, logged)
        messages.push(text)
      }
    } catch (error) {
      failure = new Error(`what came cannot be taken: ${text.slice(0, 300)}`, { cause: error })
    }
    for (const look of [...waiting]) look()
  })
  await once(socket, 'open')
  const input = { id: sessionId, ...(from && { lastEventId: String(from.seq) }) }
  const params = { path: 'sessions.watch', input }
  socket.send(JSON.stringify({ id: 1, method: 'subscription', params }))
  return {
    messages,
    get state() {
      return state
    },
    get seq() {
      return state?.seq ?? -1
    },
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    reaches: (seq) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (!failure && (state?.seq ?? -1) < seq) return
          waiting.delete(look)
          if (failure) reject(failure)
          else resolve()
        }
        waiting.add(look)
        look()
      }),
    [Symbol.asyncDispose]: async () => {
      const closed = once(socket, 'close')
      socket.terminate()
      await closed
    },
  }
}

type Answer = {
  error?: { message: string }
  result?: { type: string; id?: string; data?: { id: string; data: LoggedEvent['event'] } }
}

function readEvent(text: string): LoggedEvent | null {
  const { error, result }: Answer = JSON.parse(text)
  if (error) throw new Error(error.message)
  if (!result?.data) return null
  return { seq: Number(result.id), event: result.data.data }
}
