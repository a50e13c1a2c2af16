import { isDeepStrictEqual } from 'node:util'
import type { AppSessionState, Client } from '../../../shared/client/index.ts'
import type { LoggedEvent } from '../../../shared/contract/events.ts'
import { fold } from '../../../shared/session/fold.ts'

type Seen = LoggedEvent<Call> & {
  /** Milliseconds of `performance.now()`. */
  readonly at: number
}
type Call = Extract<AppSessionState['messages'][number]['parts'][number], { type: 'tool' }>['call']

/** A reader of a session through the SDK that records every violation of a promise. */
export type Reader = AsyncDisposable & {
  readonly seen: readonly Seen[]
  readonly state: AppSessionState | null
  readonly answer: Answer | null
  /** Broken promises: a `seq` that did not rise (P1), a second snapshot (P3), text that was withdrawn (P5). */
  readonly broken: readonly string[]
  /** Resolves when the condition holds; rejects when the server refuses the watch. */
  until(condition: (reader: Reader) => boolean): Promise<void>
}

/** The newest answer. */
export type Answer = { status: string; text: string; calls: readonly Call[] }

/** @param client connected to the node to read from; it reconnects by itself */
export function readSession(client: Client, sessionId: string): Reader {
  const seen: Seen[] = []
  const broken: string[] = []
  const waiting = new Set<() => void>()
  const leave = new AbortController()
  let state: AppSessionState | null = null
  let failure: { error: unknown } | null = null
  let longest = ''

  const take = (logged: LoggedEvent<Call>): void => {
    const before = seen.at(-1)
    if (before && logged.seq <= before.seq) broken.push(`${logged.seq} came after ${before.seq}`)
    if (before && logged.event.type === 'snapshot') broken.push(`a snapshot after ${before.seq}`)
    seen.push({ ...logged, at: performance.now() })
    state = fold(state, logged)
    const text = answerIn(state)?.text ?? ''
    // After a takeover the text is streamed again and must be the same: the demo model is deterministic.
    if (text.length > longest.length) {
      if (!text.startsWith(longest)) broken.push(`"${longest}" became "${text}"`)
      longest = text
    }
  }
  const wake = (): void => {
    for (const look of [...waiting]) look()
  }
  const read = async (): Promise<void> => {
    for await (const logged of client.session(sessionId).events({ signal: leave.signal })) {
      take(logged)
      wake()
    }
  }
  const done = read().catch((error: unknown) => {
    failure = { error }
    wake()
  })

  const reader: Reader = {
    seen,
    broken,
    get state() {
      return state
    },
    get answer() {
      return state && answerIn(state)
    },
    until: (condition) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!failure && !condition(reader)) return
          waiting.delete(look)
          if (failure) reject(failure.error)
          else resolve()
        }
        waiting.add(look)
        look()
      }),
    [Symbol.asyncDispose]: async () => {
      leave.abort()
      await done
    },
  }
  return reader
}

/** A condition for a reader's `until`: the newest answer has ended. */
export function isOver({ answer }: Reader): boolean {
  return answer !== null && answer.status !== 'running' && answer.status !== 'waiting'
}

/** Returns true when the reader's state equals that of a fresh reader: nothing is lost or doubled (P2). */
export async function knowsAll(reader: Reader, client: Client): Promise<boolean> {
  const id = reader.state?.session.id ?? ''
  await using fresh = readSession(client, id)
  await fresh.until(({ state }) => state !== null)
  return isDeepStrictEqual(reader.state, fresh.state)
}

/** Every event in the session's log; the chunks of ended answers are merged. */
export async function logOf(client: Client, sessionId: string) {
  const all = []
  for (let after: number | null = 0; after !== null;) {
    const page: Awaited<ReturnType<typeof client.api.sessions.log.query>> =
      await client.api.sessions.log.query({ id: sessionId, after, limit: 1_000 })
    all.push(...page.events)
    after = page.nextAfter
  }
  return all
}

function answerIn(state: AppSessionState): Answer | null {
  const message = state.messages.findLast(({ role }) => role === 'assistant')
  if (!message) return null
  return {
    status: message.status,
    text: message.parts.map((part) => ('text' in part ? part.text : '')).join(''),
    calls: message.parts.flatMap((part) => (part.type === 'tool' ? [part.call] : [])),
  }
}

/**
 * The log without chunks, for comparing it over time: compaction merges the chunks of ended runs at any time. The text
 * itself is compared by `knowsAll`.
 */
export async function lastingLogOf(client: Client, sessionId: string) {
  return (await logOf(client, sessionId)).filter(({ event }) => event.type !== 'chunk')
}
