import type { SessionStore } from '../session/session-store.ts'
import { Deliveries } from './deliveries.ts'
import type { DeliveryParts } from './deliveries.ts'
import { nextPlace } from './entry.ts'
import type { OutboxEntry } from './entry.ts'
import { LocalOutbox } from './local-outbox.ts'
import { newEntry } from './outbox.ts'
import type { NewMessage, Outbox, OutboxSend } from './outbox.ts'
import type { OutboxStorage } from './storage.ts'

/**
 * One client's part in an outbox that tabs share: any of them that is online sends, one message at a time in each
 * session.
 */
export class OutboxDriver implements Outbox {
  readonly loaded: Promise<void>
  readonly #storage: OutboxStorage
  readonly #tab: string
  readonly #local: LocalOutbox
  readonly #deliveries: Deliveries
  readonly #endListening: () => void

  constructor(
    parts: DeliveryParts & {
      /** The name of the tab in which this client writes. */
      tab: string
    },
    owner: string | null,
    sessionOf: (id: string) => SessionStore,
  ) {
    this.#storage = parts.storage
    this.#tab = parts.tab
    this.#local = new LocalOutbox(parts, owner, sessionOf)
    this.#deliveries = new Deliveries(parts, this.#local)
    this.#endListening = this.#storage.listen(({ sent }) => {
      if (sent?.sessionId !== undefined) sessionOf(sent.sessionId).exists()
      if (sent) this.#local.settle(sent.id, sent.result)
      else void this.#deliveries.load()
    })
    this.loaded = this.#deliveries.load()
  }

  readonly subscribe = (listener: () => void): (() => void) => this.#local.subscribe(listener)

  readonly getSnapshot = (): readonly OutboxEntry[] => this.#local.view.shown

  /** Begins to send over a new connection; what still goes on over the last one is aborted. */
  online(): Promise<void> {
    return this.#deliveries.online()
  }

  offline(): void {
    this.#deliveries.offline()
  }

  send(message: NewMessage): OutboxSend {
    const { view } = this.#local
    const place = nextPlace(view.shown, Date.now())
    const entry = newEntry(message, { owner: view.owner, tab: this.#tab, place })
    const sent = this.#local.add(entry)
    const kept = this.#storage
      .change(entry.id, () => entry)
      .then(() => {
        view.kept(entry)
        this.#storage.tell({})
        this.#deliveries.ask(entry.sessionId)
      })
    return { id: entry.id, kept, sent }
  }

  async takeBack(id: string): Promise<OutboxEntry | null> {
    const key = id.toLowerCase()
    const before = await this.#storage.change(key, (entry) =>
      entry?.state === 'tried' ? { ...entry, state: 'withdrawn', text: '', files: [] } : null,
    )
    // Another tab has sent it, or taken it back.
    if (before === null || before.state === 'withdrawn') return null
    this.#local.forget(key)
    this.#deliveries.ask(before.sessionId)
    return before
  }

  async retry(id: string): Promise<void> {
    const key = id.toLowerCase()
    const before = await this.#storage.change(key, (entry) =>
      entry?.state === 'refused' ? { ...entry, state: 'tried', error: null } : entry,
    )
    this.#deliveries.renew(key)
    this.#storage.tell({})
    await this.#deliveries.load()
    if (before !== null) this.#deliveries.ask(before.sessionId)
  }

  async clear(): Promise<void> {
    await this.loaded
    for (const { id } of this.#local.view.shown) {
      await this.#storage.change(id, () => null)
      this.#local.forget(id)
    }
  }

  async handOver(from: string, to: string): Promise<void> {
    for (const { id, owner } of await this.#storage.list()) {
      if (owner === from) await this.#local.own(id, from, to)
    }
    this.#storage.tell({})
    await this.#deliveries.load()
  }

  close(): void {
    this.#deliveries.close()
    this.#endListening()
    this.#local.close()
  }
}
