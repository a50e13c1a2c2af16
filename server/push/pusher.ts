import type { Database } from '../../db/engine/database.ts'
import {
  claimPushes,
  deleteOldPushes,
  dropSubscription,
  finishPush,
  hasSubscriptions,
  noteMissedPushes,
  noteDone,
  noteWaits,
  postponePush,
} from '../../db/queries/push.ts'
import type { DuePush } from '../../db/queries/push.ts'
import type { SessionId, UserId } from '../../shared/contract/ids.ts'
import { repeating } from '../concurrency/repeating.ts'
import type { CommittedEvent } from '../log/events.ts'
import { sendPush } from './send-push.ts'
import type { PushSettings } from './send-push.ts'

export type PusherOptions = {
  database: Database
  settings: PushSettings
  onError(error: unknown, what: string): void
}

/** Between two looks for what a dead node left, and for devices that another node was told of. */
const SWEEP_MS = 15_000
const AT_ONCE = 10
/** Of one person: devices that do not answer delay those of their person. */
const AT_ONCE_OF_ONE = 3
/** Longer than a push service is waited for. Seconds. */
const CLAIM_SECONDS = 30
const MAX_TRIES = 6
/** What ended longer ago is not told any more. Minutes. */
const MISSED_MINUTES = 10

/**
 * Tells people's devices what happened while no page is open. What is to be told is noted in the database first, by its
 * place in the log, and sent by whichever node takes it: a place is told once to each device, and not forgotten when a
 * node dies.
 */
export class Pusher {
  readonly #options: PusherOptions
  readonly #send: () => Promise<void>
  /** Those under way, and whose they are. */
  readonly #sending = new Map<Promise<void>, UserId>()
  #timer: NodeJS.Timeout | null = null
  #hasDevices = false
  #closed = false

  constructor(options: PusherOptions) {
    this.#options = options
    this.#send = repeating(() => this.#sendSome(), {
      isOver: () => this.#closed,
      onError: (error) => options.onError(error, 'devices could not be told'),
    })
  }

  get publicKey(): string {
    return this.#options.settings.keys.publicKey
  }

  start(): void {
    this.#timer = setInterval(() => void this.look(), SWEEP_MS)
    void this.look()
  }

  /** Looks whether there are devices, and for what they have not been told. */
  async look(): Promise<void> {
    const { database, onError } = this.#options
    try {
      this.#hasDevices = await hasSubscriptions(database.db)
      if (!this.#hasDevices || this.#closed) return
      await noteMissedPushes(database.db, MISSED_MINUTES)
      await deleteOldPushes(database.db)
    } catch (error) {
      return onError(error, 'what devices are to be told could not be read')
    }
    await this.#send()
  }

  /** Called after each commit of this node. */
  committed(sessionId: SessionId, events: readonly CommittedEvent[]): void {
    if (!this.#hasDevices || this.#closed) return
    for (const { seq, event } of events) {
      if (event.type === 'end' && (event.outcome === 'completed' || event.outcome === 'failed')) {
        void this.#note((db) => noteDone(db, sessionId, seq))
      } else if (event.type === 'message' && event.message.status === 'waiting') {
        const { id } = event.message
        void this.#note((db) => noteWaits(db, id))
      }
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    if (this.#timer) clearInterval(this.#timer)
    await this.#send()
    await Promise.all(this.#sending.keys())
  }

  async #note(note: (db: Database['db']) => Promise<boolean>): Promise<void> {
    try {
      if (await note(this.#options.database.db)) await this.#send()
    } catch (error) {
      // The next look finds it.
      this.#options.onError(error, 'what devices are to be told could not be noted')
    }
  }

  async #sendSome(): Promise<boolean> {
    const limit = AT_ONCE - this.#sending.size
    // Whichever ends looks for more.
    if (limit === 0) return false
    const due = await claimPushes(this.#options.database.db, {
      ...{ limit, most: AT_ONCE_OF_ONE, seconds: CLAIM_SECONDS },
      busy: [...new Set(this.#sending.values())],
    })
    for (const push of due) {
      const sent = this.#sendOne(push).finally(() => {
        this.#sending.delete(sent)
        void this.#send()
      })
      this.#sending.set(sent, push.userId)
    }
    return false
  }

  /** One that fails is reported, and claimed again: the others are told all the same. */
  async #sendOne(push: DuePush): Promise<void> {
    const { database, settings, onError } = this.#options
    try {
      const outcome = await sendPush(push, settings)
      if (outcome === 'gone') return await dropSubscription(database.db, push.subscriptionId)
      if (outcome !== 'later' || push.tries >= MAX_TRIES) return await finishPush(database.db, push)
      await postponePush(database.db, push, 2 ** push.tries * 5)
    } catch (error) {
      onError(error, 'a device could not be told')
    }
  }
}
