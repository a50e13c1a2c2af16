import type { Database } from '../../db/engine/database.ts'
import {
  claimPushes,
  deleteOldPushes,
  dropSubscription,
  finishPush,
  hasSubscriptions,
  noteAsks,
  noteMissedPushes,
  noteDone,
  noteWaits,
  postponePush,
} from '../../db/queries/push.ts'
import type { DuePush } from '../../db/queries/push.ts'
import type { SessionId, UserId } from '../../shared/contract/ids.ts'
import { openQuestion } from '../../shared/contract/open-question.ts'
import { repeating } from '../concurrency/repeating.ts'
import type { CommittedEvent } from '../log/events.ts'
import { sendPush } from './send-push.ts'
import type { PushSettings } from './send-push.ts'

export type PusherOptions = {
  database: Database
  settings: PushSettings
  onError(error: unknown, what: string): void
}

/** The interval of looking for notifications that a dead node left, and for devices that subscribed on another node. */
const SWEEP_MS = 15_000
const AT_ONCE = 10
/**
 * The most concurrent notifications of one person, so that devices that do not answer delay only those of their person.
 */
const AT_ONCE_OF_ONE = 3
/** Longer than the time limit of a push service. Seconds. */
const CLAIM_SECONDS = 30
const MAX_TRIES = 6
/** An answer that ended longer ago than this is not notified any more. Minutes. */
const MISSED_MINUTES = 10

/**
 * Notifies people's devices while no page is open. Each notification is recorded in the database first, with the `seq`
 * of its event, and then sent by any node: each device gets it once, and it is not lost when a node dies.
 */
export class Pusher {
  readonly #options: PusherOptions
  readonly #send: () => Promise<void>
  /** The notifications that are being sent, and their people. */
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

  /** Looks for devices, and for notifications that they have not got. */
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
      } else if (event.type === 'tool' && event.waiting && openQuestion(event.call)) {
        const { id } = event.call
        void this.#note((db) => noteAsks(db, id))
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
      // The next sweep finds it.
      this.#options.onError(error, 'what devices are to be told could not be noted')
    }
  }

  async #sendSome(): Promise<boolean> {
    const limit = AT_ONCE - this.#sending.size
    // Each notification looks for more when it ends.
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

  /** A failure is reported, and the notification claimed again later: the others are sent all the same. */
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
