import type { Database } from '../../db/engine/database.ts'
import { notify } from '../../db/engine/notifications.ts'
import type { Wake } from './wake.ts'

/** The longest duration of a commit that began while messages went by `wake`. */
const UNTOLD_MS = 10_000
/** The shortest interval between two log lines about foreign notifications. */
const FOREIGN_LOG_INTERVAL_MS = 60_000

export type ChannelOptions = {
  database: Database
  /** Carries the texts instead of the database's notifications, as long as it is up. */
  wake?: Wake | null
  onError(error: unknown, what: string): void
}

export type ChannelListener = {
  onText(text: string): void
  /** Called when texts begin, or cease, to arrive by one of the two ways. */
  onState(arrive: boolean, by: 'notifications' | 'wake'): void
}

/** Carries sealed texts between the nodes on one database: by `wake` while it is up, otherwise by notifications. */
export class NodeChannel {
  readonly #options: ChannelOptions
  #listening: AsyncDisposable | null = null
  #notified = false
  /** The time when `wake` was last found to be down. */
  #wentDown = Number.NEGATIVE_INFINITY
  #foreign = 0
  #foreignLoggedAt = Number.NEGATIVE_INFINITY

  constructor(options: ChannelOptions) {
    this.#options = options
  }

  async open(): Promise<void> {
    await this.#options.database.notifications?.open()
  }

  listen(listener: ChannelListener): void {
    const { notifications } = this.#options.database
    this.#listening =
      notifications?.listen({
        onNotification: (text) => listener.onText(text),
        onForeign: () => this.#countForeign(),
        onState: (arrive) => {
          this.#notified = arrive
          listener.onState(arrive, 'notifications')
        },
      }) ?? null
    const { wake } = this.#options
    if (!wake || !notifications) return
    wake.listen(notifications.channel, {
      onText: (sealed) => {
        const text = notifications.unseal(sealed)
        if (text === null) {
          this.#countForeign()
        } else {
          listener.onText(text)
        }
      },
      onState: (up) => {
        if (!up) this.#wentDown = performance.now()
        listener.onState(up, 'wake')
      },
    })
  }

  /** True while texts of other nodes arrive. */
  get arrives(): boolean {
    return this.#options.wake?.up ?? this.#notified
  }

  /** True while a commit carries its text itself, as a notification. */
  get isOfDatabase(): boolean {
    return !this.#options.wake?.up
  }

  /**
   * True while the other nodes are notified of a commit after it. A commit that was going on when `wake` went down
   * notified nobody.
   */
  get isAfterCommits(): boolean {
    const { wake } = this.#options
    return !!wake && (wake.up || performance.now() - this.#wentDown < UNTOLD_MS)
  }

  /** Null when there are no other nodes, as on the embedded database. */
  seal(text: string): string | null {
    return this.#options.database.notifications?.seal(text) ?? null
  }

  async send(text: string): Promise<void> {
    const { database, wake } = this.#options
    const payload = this.seal(text)
    if (payload === null) return
    if (wake?.up) {
      try {
        return await wake.publish(payload)
      } catch {
        // The carrier reports by itself that it is down.
      }
    }
    await notify(database.db, payload)
  }

  async close(): Promise<void> {
    await this.#options.wake?.close()
    await this.#listening?.[Symbol.asyncDispose]()
  }

  /** Any role that can connect can send any number of them. */
  #countForeign(): void {
    this.#foreign += 1
    if (performance.now() - this.#foreignLoggedAt >= FOREIGN_LOG_INTERVAL_MS) {
      const error = new Error(
        `${this.#foreign} notifications did not come from a node of this version`,
      )
      this.#options.onError(error, 'notifications were ignored')
      this.#foreignLoggedAt = performance.now()
      this.#foreign = 0
    }
  }
}
