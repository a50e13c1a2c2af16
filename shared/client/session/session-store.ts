import type { LoggedEvent } from '../../contract/events.ts'
import { replaceEqualDeep } from '../../session/structural-sharing.ts'
import { FoldError } from '../../session/fold-error.ts'
import { fold } from '../../session/fold.ts'
import type { Api, AppSessionState, AppToolCall } from '../app.ts'
import { toSessionError } from '../errors.ts'
import { follow } from './follow.ts'
import type { Following } from './follow.ts'
import * as sends from './pending.ts'
import type { NewSend, PendingSends } from './pending.ts'
import type { Schedule } from '../schedule.ts'
import type { SessionCache } from './session-cache.ts'
import type { SessionError, SessionSnapshot } from './session-snapshot.ts'
import { Listeners } from '../store.ts'
import type { Store } from '../store.ts'

/** The longest wait for the server when it has more events than the device. */
const PATIENCE_MS = 1_500

/** The time that a watch continues without listeners, since React briefly unsubscribes while it moves components. */
const LINGER_MS = 1_000
/** The time that the state of an unwatched session is kept, to show it at once and resume from its cursor. */
const KEEP_MS = 5 * 60_000

/** A session's folded state and its pending sends, updated while there are listeners. */
export class SessionStore implements Store<SessionSnapshot> {
  readonly #api: Api
  readonly #id: string
  readonly #schedule: Schedule
  readonly #cache: SessionCache | null
  /** True while the state is read from the cache. */
  #isReading = false
  readonly #listeners = new Listeners()
  #state: AppSessionState | null = null
  #pending: PendingSends = []
  #error: SessionError | null = null
  #snapshot: SessionSnapshot = { status: 'loading', state: null, pending: [], error: null }
  #following: Following | null = null
  #leaving: ReturnType<typeof setTimeout> | undefined
  #scheduled = false
  #held = false
  /** True when the session is known to exist since the current watch began. */
  #exists = false
  #closed = false

  constructor(api: Api, id: string, schedule: Schedule, cache: SessionCache | null = null) {
    this.#api = api
    this.#id = id
    this.#schedule = schedule
    this.#cache = cache
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    const remove = this.#listeners.add(listener)
    clearTimeout(this.#leaving)
    this.#follow()
    return () => {
      remove()
      if (this.#listeners.size === 0) this.#leaveSoon()
    }
  }

  readonly getSnapshot = (): SessionSnapshot => this.#snapshot

  /** Watches again at once after a failure, while there are listeners. */
  retry(): void {
    if (this.#error === null) return
    this.#error = null
    if (this.#following !== null) this.#following.again()
    else if (this.#listeners.size > 0) this.#follow()
    this.#publish()
  }

  sending(send: NewSend): void {
    if (this.#state?.messages.some(({ id }) => id === send.id)) return
    this.#pending = sends.sending(this.#pending, send)
    this.#publish()
  }

  answered(id: string): void {
    this.#pending = sends.answered(this.#pending, id)
    if (this.#following === null) this.#leaveSoon()
  }

  refused(id: string, error: SessionError): void {
    this.#pending = sends.refused(this.#pending, id, error)
    this.#publish()
  }

  /** Removes a message that is not sent any more. */
  withdrawn(id: string): void {
    if (!this.#pending.some((send) => send.id === id)) return
    this.#pending = sends.without(this.#pending, id)
    this.#publish()
  }

  /** The session is not made yet, so there is nothing to watch. */
  hold(): void {
    if (this.#held) return
    this.#held = true
    this.#following?.stop()
    this.#following = null
    this.#error = null
    this.#publish()
  }

  release(): void {
    if (!this.#held) return
    this.#held = false
    if (this.#listeners.size > 0) this.#follow()
  }

  /** Another tab has made the session: a watch that was refused before that begins again. */
  exists(): void {
    this.#exists = true
    if (this.#error?.code === 'NOT_FOUND') this.retry()
  }

  dismiss(id: string): string | null {
    const send = this.#pending.find((one) => one.id === id && one.status === 'failed')
    if (send === undefined) return null
    this.#pending = sends.without(this.#pending, id)
    this.#publish()
    return send.text
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#leaving)
    this.#following?.stop()
    this.#following = null
  }

  /** Follows the session from the stored state if there is one, otherwise from a snapshot. */
  #follow(): void {
    if (!this.#mayFollow()) return
    if (this.#state === null && this.#cache !== null) void this.#readFirst(this.#cache)
    else this.#watch()
  }

  #mayFollow(): boolean {
    return !this.#held && this.#following === null && this.#error === null && !this.#closed
  }

  async #readFirst(cache: SessionCache): Promise<void> {
    if (this.#isReading) return
    this.#isReading = true
    const known = await cache.read(this.#id)
    this.#isReading = false
    const show = (): void => {
      if (this.#state !== null || known === null || this.#closed) return
      this.#state = known
      this.#publish()
    }
    // Waits for the server if the stored state is older than what was shown, so that nothing disappears for a moment.
    if (cache.isBehind?.(this.#id)) setTimeout(show, PATIENCE_MS)
    else show()
    // Meanwhile the listeners may have left, or the client may have been closed.
    if (this.#listeners.size > 0 && this.#mayFollow()) this.#watch()
  }

  #watch(): void {
    this.#exists = false
    this.#following = follow(this.#api, this.#id, this.#state?.seq ?? null, {
      event: (event) => this.#receive(event),
      failing: (error) => {
        this.#error = toSessionError(error)
        this.#publish()
      },
      failed: (error) => this.#fail(error),
    })
  }

  #leaveSoon(): void {
    if (this.#closed) return
    clearTimeout(this.#leaving)
    this.#leaving = setTimeout(() => this.#leave(), LINGER_MS)
  }

  #leave(): void {
    this.#following?.stop()
    this.#following = null
    this.#error = null
    // Answered sends are in the log, which shows them when the session is watched again.
    this.#pending = sends.unanswered(this.#pending)
    this.#leaving = setTimeout(() => {
      this.#state = null
      this.#publish()
    }, KEEP_MS)
    this.#publish()
  }

  #receive(event: LoggedEvent<AppToolCall>): void {
    try {
      this.#state = fold(this.#state, event)
    } catch (error) {
      if (error instanceof FoldError) this.#following?.restart()
      else this.#fail(error)
      return
    }
    this.#error = null
    this.#cache?.write(this.#state)
    this.#pending = sends.shown(this.#pending, event.event)
    // Text is published with the next frame; other changes at once.
    if (event.event.type === 'chunk') this.#publishSoon()
    else this.#publish()
  }

  #fail(error: unknown): void {
    this.#following?.stop()
    this.#following = null
    const failure = toSessionError(error)
    const isRefusedTooEarly = failure.code === 'NOT_FOUND' && this.#exists
    this.#error = isRefusedTooEarly ? null : failure
    if (isRefusedTooEarly) return this.#follow()
    if (failure.code === 'NOT_FOUND') this.#cache?.remove(this.#id)
    this.#publish()
  }

  #publishSoon(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    this.#schedule(() => {
      if (this.#scheduled) this.#publish()
    })
  }

  #publish(): void {
    this.#scheduled = false
    const pending = replaceEqualDeep(
      this.#snapshot.pending,
      this.#pending.map(({ answered: _, ...send }) => send),
    )
    this.#snapshot = snapshotOf(this.#state, this.#error, pending)
    this.#listeners.notify()
  }
}

function snapshotOf(
  state: AppSessionState | null,
  error: SessionError | null,
  pending: SessionSnapshot['pending'],
): SessionSnapshot {
  if (error !== null) return { status: 'failed', state, pending, error }
  if (state !== null) return { status: 'live', state, pending, error }
  return { status: 'loading', state, pending, error }
}
