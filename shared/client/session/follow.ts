import type { LoggedEvent } from '../../contract/events.ts'
import type { Api, AppToolCall } from '../app.ts'
import { isConnectionLost, isOutage, mayPass } from '../errors.ts'
import { retryDelay } from '../connection/retry.ts'

export type Following = {
  /** Restarts from a snapshot, after an event that does not follow from the known state. */
  restart(): void
  /** Retries now instead of after the backoff. */
  again(): void
  stop(): void
}

/**
 * After this many refusals in a row without an event, over about 50 s, the watch counts as failing. A database outage
 * is reported by the connection instead: the server announces it, and it ends by itself.
 */
const FAILING_AFTER_REFUSALS = 12
/** A restart is immediate, unless the last one was within this time. */
const RESTART_MS = 10_000

/**
 * Watches a session's events after a cursor without end: each event once, in the order of the log. tRPC resumes a
 * subscription over a new connection; this adds a new subscription when one ended or failed.
 * @param after the cursor; null begins with a snapshot
 * @param tell.event called with each event; it must not throw
 * @param tell.failing called when the server has failed for long; attempts continue
 * @param tell.failed called once when the server refuses for good; nothing follows
 */
export function follow(
  api: Api,
  sessionId: string,
  after: number | null,
  listener: {
    event(event: LoggedEvent<AppToolCall>): void
    failing(error: unknown): void
    failed(error: unknown): void
  },
): Following {
  let cursor = after
  let refusals = 0
  let restarts = 0
  let restartedAt = Number.NEGATIVE_INFINITY
  let stopped = false
  let timer: ReturnType<typeof setTimeout> | undefined
  let current = begin()

  function begin(): { end(): void } {
    const own = watch(api, sessionId, cursor, {
      event(logged) {
        // A server that resumes too early repeats known events, which are skipped; a snapshot always counts.
        const known = cursor !== null && logged.seq <= cursor
        if (known && logged.event.type !== 'snapshot') return
        cursor = logged.seq
        refusals = 0
        listener.event(logged)
      },
      ended(error) {
        // This is delayed: meanwhile the watch may have been stopped, or another one begun.
        if (stopped || current !== own) return
        if (error === null || isConnectionLost(error)) return beginAgain(retryDelay(1))
        refusals += 1
        if (!mayPass(error)) {
          stopped = true
          return listener.failed(error)
        }
        beginAgain(retryDelay(refusals))
        if (refusals >= FAILING_AFTER_REFUSALS && !isOutage(error)) listener.failing(error)
      },
    })
    return own
  }

  function beginAgain(delayMs: number): void {
    timer = setTimeout(() => {
      timer = undefined
      current = begin()
    }, delayMs)
  }

  function stop(): void {
    clearTimeout(timer)
    current.end()
  }

  return {
    restart() {
      if (stopped) return
      stop()
      restarts = Date.now() - restartedAt < RESTART_MS ? restarts + 1 : 0
      restartedAt = Date.now()
      cursor = null
      beginAgain(restarts === 0 ? 0 : retryDelay(restarts))
    },
    again() {
      if (stopped || timer === undefined) return
      refusals = 0
      stop()
      beginAgain(0)
    },
    stop() {
      stopped = true
      stop()
    },
  }
}

/** One subscription, until it is unsubscribed, completes or fails. */
function watch(
  api: Api,
  sessionId: string,
  cursor: number | null,
  listener: { event(event: LoggedEvent<AppToolCall>): void; ended(error: unknown): void },
): { end(): void } {
  let over = false
  let sent = false
  let started = false

  function ended(error: unknown): void {
    if (over) return
    over = true
    // tRPC may report an error before it returns the subscription.
    queueMicrotask(() => listener.ended(error))
  }

  function unsubscribe(): void {
    subscription.unsubscribe()
  }

  const subscription = api.sessions.watch.subscribe(
    { id: sessionId, ...(cursor === null ? {} : { lastEventId: String(cursor) }) },
    {
      onConnectionStateChange({ state }) {
        sent = state === 'pending'
        started = false
      },
      onStarted() {
        started = true
        if (over) unsubscribe()
      },
      onData({ id, data }) {
        if (!over) listener.event({ seq: Number(id), event: data })
      },
      onError: ended,
      onComplete: () => ended(null),
    },
  )

  return {
    end() {
      over = true
      // A stop that overtakes its start would be ignored by the server, which would then send to nobody.
      if (started || !sent) unsubscribe()
    },
  }
}
