import { isTrackedEnvelope } from '@trpc/server'
import type { LoggedEvent, SessionEvent } from '../../../shared/contract/events.ts'
import type { Part } from '../../../shared/contract/message.ts'
import type { ToolCall } from '../../../shared/contract/tool.ts'
import { fold } from '../../../shared/session/fold.ts'
import type { SessionState } from '../../../shared/session/fold.ts'
import type { Caller } from '../../caller.ts'

/** A reader of one session through the in-process caller: the events that it got, and the state that they fold to. */
export type Watcher = AsyncDisposable & {
  readonly events: readonly LoggedEvent[]
  readonly state: SessionState | null
  /** Resolves when the condition holds; rejects when the watch failed or ended before. */
  until(condition: (watcher: Watcher) => boolean): Promise<Watcher>
  /** Resolves with the first past or future event of the type. */
  untilEvent<T extends SessionEvent['type']>(type: T): Promise<Extract<SessionEvent, { type: T }>>
  stop(): Promise<void>
}

/**
 * Watches until it is stopped or disposed.
 * @param from a state that an earlier watcher folded: the watch resumes after it
 */
export function watch(caller: Caller, id: string, from: SessionState | null = null): Watcher {
  const events: LoggedEvent[] = []
  const waiting = new Set<() => void>()
  let state = from
  let ended: { error: unknown } | null = null
  const leave = new AbortController()

  const read = async () => {
    const watched: AsyncIterable<unknown> = await caller.sessions.watch({
      id,
      ...(from && { lastEventId: String(from.seq) }),
    })
    const iterator = watched[Symbol.asyncIterator]()
    const gone = new Promise<null>((resolve) => {
      leave.signal.addEventListener('abort', () => resolve(null))
      if (leave.signal.aborted) {
        resolve(null)
      }
    })
    for (;;) {
      const next = await Promise.race([iterator.next(), gone])
      if (next === null || next.done) {
        void iterator.return?.()
        return
      }
      const event = toLogged(next.value)
      events.push(event)
      state = fold(state, event)
      wakeAll()
    }
  }
  const wakeAll = () => {
    for (const wake of [...waiting]) {
      wake()
    }
  }
  const done = read()
    .catch((error: unknown) => {
      ended = { error }
    })
    .finally(() => {
      ended ??= { error: new Error('the watch ended') }
      wakeAll()
    })

  const watcher: Watcher = {
    get events() {
      return events
    },
    get state() {
      return state
    },
    async until(condition) {
      while (!condition(watcher)) {
        if (ended) {
          throw ended.error
        }
        await new Promise<void>((resolve) => {
          const wake = () => {
            waiting.delete(wake)
            resolve()
          }
          waiting.add(wake)
        })
      }
      return watcher
    },
    async untilEvent(type) {
      const find = () => events.map(({ event }) => event).find((event) => isOfType(event, type))
      await watcher.until(() => find() !== undefined)
      const found = find()
      if (!found || !isOfType(found, type)) {
        throw new Error(`no ${type} event came`)
      }
      return found
    },
    async stop() {
      leave.abort()
      await done
    },
    [Symbol.asyncDispose]: () => watcher.stop(),
  }
  return watcher
}

function isOfType<T extends SessionEvent['type']>(
  event: SessionEvent,
  type: T,
): event is Extract<SessionEvent, { type: T }> {
  return event.type === type
}

/** In this process, an envelope of `tracked` arrives unserialized: `[id, data, symbol]`. */
function toLogged(value: unknown): LoggedEvent {
  if (!isTrackedEnvelope<SessionEvent>(value)) {
    throw new Error('a watch yielded something untracked')
  }
  return { seq: Number(value[0]), event: value[1] }
}

/** The calls of the newest message. */
export function callsOf({ state }: Pick<Watcher, 'state'>): ToolCall[] {
  const parts: readonly Part[] = state?.messages.at(-1)?.parts ?? []
  return parts.flatMap((part) => (part.type === 'tool' ? [part.call] : []))
}

/** The text of a message's text parts. */
export function textOf(state: SessionState | null, messageId: string): string {
  const message = state?.messages.find(({ id }) => id === messageId)
  return message?.parts.map((part) => (part.type === 'text' ? part.text : '')).join('') ?? ''
}
