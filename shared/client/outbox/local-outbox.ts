import type { SendResult } from '../app.ts'
import { ClientClosedError } from '../errors.ts'
import type { SessionError } from '../session/session-snapshot.ts'
import type { SessionStore } from '../session/session-store.ts'
import { Listeners } from '../store.ts'
import type { OutboxEntry } from './entry.ts'
import { OutboxRefusal } from './outbox.ts'
import type { OutboxStorage } from './storage.ts'
import { OutboxView } from './view.ts'

type Waiter = { resolve(result: SendResult): void; reject(error: unknown): void }

/** This client's copy of the stored messages: what it shows, and the promises that its own sends returned. */
export class LocalOutbox {
  readonly view: OutboxView
  readonly #storage: OutboxStorage
  readonly #listeners = new Listeners()
  readonly #waiters = new Map<string, Waiter>()
  #closed = false

  /** @param tab the name of the tab in which this client writes */
  constructor(
    { storage, tab }: { storage: OutboxStorage; tab: string },
    owner: string | null,
    sessionOf: (id: string) => SessionStore,
  ) {
    this.#storage = storage
    this.view = new OutboxView(owner, tab, sessionOf)
  }

  subscribe(listener: () => void): () => void {
    return this.#listeners.add(listener)
  }

  /** Shows a new message. The promise settles when it was sent or refused. */
  add(entry: OutboxEntry): Promise<SendResult> {
    const { promise: sent, resolve, reject } = Promise.withResolvers<SendResult>()
    this.#waiters.set(entry.id, { resolve, reject })
    this.view.add(entry)
    this.#listeners.notify()
    // A caller that watches the outbox need not handle this promise.
    sent.catch(() => {})
    return sent
  }

  /** Reads the stored messages, which other tabs may have changed. */
  async read(): Promise<void> {
    const entries = await this.#storage.list().catch(() => null)
    if (entries === null || this.#closed) return
    this.view.keep(entries)
    this.#listeners.notify()
  }

  /** Stores another owner of a message that still belongs to `from`. */
  async own(id: string, from: string | null, owner: string): Promise<void> {
    await this.#storage.change(id, (now) => (now?.owner === from ? { ...now, owner } : now))
  }

  /** A message was sent, by this tab or another. */
  settle(id: string, result: SendResult): void {
    this.view.remove(id, 'sent')
    this.#listeners.notify()
    this.#waiters.get(id)?.resolve(result)
    this.#waiters.delete(id)
  }

  /** A message was taken back. */
  forget(id: string): void {
    this.view.remove(id, 'taken-back')
    this.#listeners.notify()
    this.#waiters.delete(id)
    this.#storage.tell({})
  }

  refuse(id: string, error: SessionError): void {
    this.#waiters.get(id)?.reject(new OutboxRefusal(error))
    this.#waiters.delete(id)
  }

  close(): void {
    this.#closed = true
    for (const { reject } of this.#waiters.values()) reject(new ClientClosedError())
    this.#waiters.clear()
  }
}
