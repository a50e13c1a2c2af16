import type { LoggedEvent } from '../../contract/events.ts'
import { mergePair } from '../../session/merge.ts'
import type { Api, AppToolCall } from '../app.ts'
import { follow } from './follow.ts'

type Event = LoggedEvent<AppToolCall>

/** For a slow consumer, this many events are kept unchanged; beyond that, neighbouring chunks are merged. */
const MAX_UNMERGED = 256

/**
 * The events of a session after a cursor, as an async iterator; it watches from the first `next` until the loop is
 * left.
 */
export async function* sessionEvents(
  api: Api,
  sessionId: string,
  { after, signal }: { after?: number; signal?: AbortSignal },
): AsyncGenerator<Event, void, undefined> {
  let waiting: Event[] = []
  let ending: { error: unknown } | 'aborted' | null = null
  let wake = (): void => {}

  const onAbort = (): void => {
    ending = 'aborted'
    wake()
  }
  if (signal?.aborted) return
  signal?.addEventListener('abort', onAbort, { once: true })
  const following = follow(api, sessionId, after ?? null, {
    event(event) {
      const last = waiting.length > MAX_UNMERGED ? waiting.at(-1) : undefined
      const merged = last === undefined ? null : mergePair(last, event)
      if (merged === null) waiting.push(event)
      else waiting[waiting.length - 1] = merged
      wake()
    },
    // The user of the loop decides how to react to a failing server.
    failing: end,
    failed: end,
  })

  function end(error: unknown): void {
    ending = { error }
    wake()
  }

  try {
    for (;;) {
      const events = waiting
      waiting = []
      for (const event of events) {
        if (endingOf() === 'aborted') return
        yield event
      }
      const end = endingOf()
      if (end === 'aborted') return
      if (waiting.length > 0) continue
      if (end !== null) throw end.error
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  } finally {
    signal?.removeEventListener('abort', onAbort)
    following.stop()
  }

  // The compiler does not see that callbacks assign it.
  function endingOf(): typeof ending {
    return ending
  }
}
