import type { Api, SendResult } from '../app.ts'
import { retryDelay } from '../connection/retry.ts'
import { ClientClosedError } from '../errors.ts'
import type { SessionStore } from '../session/session-store.ts'
import { Listeners } from '../store.ts'
import { deliver } from './deliver.ts'
import { nextPlace, withStored } from './entry.ts'
import type { OutboxEntry } from './entry.ts'
import { newEntry, OutboxRefusal } from './outbox.ts'
import type { NewMessage, Outbox, OutboxSend } from './outbox.ts'
import type { OutboxStorage } from './storage.ts'
import type { UploadFile } from './upload.ts'
import { Turns } from './turns.ts'
import { OutboxView } from './view.ts'

type Waiter = { resolve(result: SendResult): void; reject(error: unknown): void }

/**
 * One client's part in an outbox that tabs share: any of them that is online sends, one message at a time in each
 * session.
 */
export class OutboxDriver implements Outbox {
  readonly loaded: Promise<void>
  readonly #storage: OutboxStorage
  readonly #api: Api
  readonly #upload: UploadFile
  readonly #onOwner: (id: string) => void
  readonly #tab: string
  readonly #view: OutboxView
  readonly #listeners = new Listeners()
  readonly #waiters = new Map<string, Waiter>()
  readonly #failures = new Map<string, number>()
  readonly #turns = new Turns((sessionId) => this.#pump(sessionId))
  readonly #endListening: () => void
  readonly #timers = new Set<ReturnType<typeof setTimeout>>()
  /** Aborts at the end of the current connection or login. */
  #epoch: AbortController | null = null
  /** True when there is a connection and its person is known. */
  #isOnline = false
  #closed = false

  constructor(
    parts: {
      api: Api
      storage: OutboxStorage
      upload: UploadFile
      onOwner: (id: string) => void
      /** The name of the tab in which this client writes. */
      tab: string
    },
    owner: string | null,
    sessionOf: (id: string) => SessionStore,
  ) {
    this.#api = parts.api
    this.#storage = parts.storage
    this.#upload = parts.upload
    this.#onOwner = parts.onOwner
    this.#tab = parts.tab
    this.#view = new OutboxView(owner, parts.tab, sessionOf)
    this.#endListening = this.#storage.listen(({ sent }) => {
      if (sent?.sessionId !== undefined) sessionOf(sent.sessionId).exists()
      if (sent) this.#settle(sent.id, sent.result)
      else void this.#load()
    })
    this.loaded = this.#load()
  }

  readonly subscribe = (listener: () => void): (() => void) => this.#listeners.add(listener)

  readonly getSnapshot = (): readonly OutboxEntry[] => this.#view.shown

  /** Begins to send over a new connection; what still goes on over the last one is aborted. */
  async online(): Promise<void> {
    this.offline()
    const epoch = new AbortController()
    this.#epoch = epoch
    try {
      // The waiting messages belong to one person, and this may be another's login.
      const me = this.#storage.isShared
        ? await this.#api.me.query(undefined, { signal: epoch.signal })
        : null
      if (epoch.signal.aborted) return
      if (me) {
        const { shown } = this.#view
        this.#view.owner = me.id
        this.#onOwner(me.id)
        // Messages that were written here before anybody was known belong to this person, even if another one is here
        // when they are sent.
        for (const { id, owner } of shown) {
          if (owner === null) await this.#own(id, null, me.id)
          // The next connection may be another person's.
          if (epoch.signal.aborted) return
        }
      }
    } catch {
      if (!epoch.signal.aborted) this.#later(1, () => void this.online())
      return
    }
    this.#isOnline = true
    await this.#load()
  }

  offline(): void {
    this.#isOnline = false
    this.#epoch?.abort()
    this.#epoch = null
  }

  send(message: NewMessage): OutboxSend {
    const place = nextPlace(this.#view.shown, Date.now())
    const entry = newEntry(message, { owner: this.#view.owner, tab: this.#tab, place })
    const { promise: sent, resolve, reject } = Promise.withResolvers<SendResult>()
    this.#waiters.set(entry.id, { resolve, reject })
    this.#view.add(entry)
    this.#listeners.notify()
    const kept = this.#storage
      .change(entry.id, () => entry)
      .then(() => {
        this.#view.kept(entry)
        this.#storage.tell({})
        this.#turns.ask(entry.sessionId)
      })
    // A caller that watches the outbox need not handle this promise.
    sent.catch(() => {})
    return { id: entry.id, kept, sent }
  }

  async takeBack(id: string): Promise<OutboxEntry | null> {
    const key = id.toLowerCase()
    const before = await this.#storage.change(key, (entry) =>
      entry?.state === 'tried' ? { ...entry, state: 'withdrawn', text: '', files: [] } : null,
    )
    // Another tab has sent it, or taken it back.
    if (before === null || before.state === 'withdrawn') return null
    this.#forget(key)
    this.#turns.ask(before.sessionId)
    return before
  }

  async retry(id: string): Promise<void> {
    const before = await this.#storage.change(id.toLowerCase(), (entry) =>
      entry?.state === 'refused' ? { ...entry, state: 'tried', error: null } : entry,
    )
    this.#failures.delete(id)
    this.#storage.tell({})
    await this.#load()
    if (before !== null) this.#turns.ask(before.sessionId)
  }

  async clear(): Promise<void> {
    await this.loaded
    for (const { id } of this.#view.shown) {
      await this.#storage.change(id, () => null)
      this.#forget(id)
    }
  }

  async handOver(from: string, to: string): Promise<void> {
    for (const { id, owner } of await this.#storage.list()) {
      if (owner === from) await this.#own(id, from, to)
    }
    this.#storage.tell({})
    await this.#load()
  }

  close(): void {
    this.#closed = true
    this.offline()
    for (const timer of this.#timers) clearTimeout(timer)
    this.#endListening()
    for (const { reject } of this.#waiters.values()) reject(new ClientClosedError())
    this.#waiters.clear()
  }

  async #own(id: string, from: string | null, owner: string): Promise<void> {
    await this.#storage.change(id, (now) => (now?.owner === from ? { ...now, owner } : now))
  }

  /** Reads the stored messages, which other tabs may have changed, and sends them. */
  async #load(): Promise<void> {
    await this.#read()
    for (const { id, error } of this.#view.shown) {
      if (error !== null) this.#refuse(id, error)
    }
    for (const sessionId of new Set(this.#view.due.map((entry) => entry.sessionId))) {
      this.#turns.ask(sessionId)
    }
  }

  async #read(): Promise<void> {
    const entries = await this.#storage.list().catch(() => null)
    if (entries === null || this.#closed) return
    this.#view.keep(entries)
    this.#listeners.notify()
  }

  /** Sends the waiting messages of a session; without a connection, the next connection does. */
  async #pump(sessionId: string): Promise<void> {
    if (!this.#isOnline || this.#epoch === null) return
    const { signal } = this.#epoch
    await this.#storage
      .exclusively(sessionId, signal, () => this.#drain(sessionId, signal))
      .catch(() => this.#later(1, () => this.#turns.ask(sessionId)))
  }

  async #drain(sessionId: string, signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#read()
      const next = this.#view.due.find((entry) => entry.sessionId === sessionId)
      if (next === undefined || signal.aborted || !(await this.#deliver(next.id, signal))) return
    }
  }

  /** Returns false when the messages behind it have to wait. */
  async #deliver(id: string, signal: AbortSignal): Promise<boolean> {
    const { owner } = this.#view
    let tried: OutboxEntry | null = null
    // From here on it may have arrived. It may also have been taken back since it was read.
    await this.#storage.change(id, (now) => {
      tried = now && { ...now, owner, state: now.state === 'waiting' ? 'tried' : now.state }
      return tried
    })
    const entry = asEntry(tried)
    if (entry === null) this.#view.remove(id, 'taken-back')
    if (entry === null || entry.state === 'refused') return true
    const { sessionId } = entry
    const failures = this.#failures.get(id) ?? 0
    const outcome = await deliver(
      entry,
      failures,
      { api: this.#api, upload: this.#upload, signal },
      {
        stored: async (fileId) => {
          const before = await this.#storage.change(id, (now) => now && withStored(now, fileId))
          await this.#read()
          return isWanted(before)
        },
        made: async () => {
          const before = await this.#storage.change(id, (now) => now && { ...now, session: null })
          await this.#read()
          return isWanted(before)
        },
      },
    )
    switch (outcome.type) {
      case 'sent':
        // The news comes before the removal: another tab takes a message that disappears without it for taken back.
        this.#storage.tell({ sent: { id, sessionId, result: outcome.result } })
        // If it was taken back while it was being sent, it is withdrawn next.
        await this.#storage.change(id, (now) => (now?.state === 'withdrawn' ? now : null))
        this.#settle(id, outcome.result)
        break
      case 'withdrawn':
        await this.#storage.change(id, () => null)
        this.#refuse(id, TAKEN_BACK)
        this.#forget(id)
        break
      case 'refused':
        await this.#storage.change(
          id,
          (now) => now && { ...now, state: 'refused', error: outcome.error },
        )
        this.#storage.tell({})
        await this.#load()
        break
      case 'failed':
        this.#failures.set(id, failures + 1)
        this.#later(failures + 1, () => this.#turns.ask(sessionId))
        return false
      case 'cut':
        return false
    }
    this.#failures.delete(id)
    return true
  }

  #later(failures: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      act()
    }, retryDelay(failures))
    this.#timers.add(timer)
  }

  #settle(id: string, result: SendResult): void {
    this.#view.remove(id, 'sent')
    this.#listeners.notify()
    this.#waiters.get(id)?.resolve(result)
    this.#waiters.delete(id)
  }

  #forget(id: string): void {
    this.#view.remove(id, 'taken-back')
    this.#listeners.notify()
    this.#waiters.delete(id)
    this.#storage.tell({})
  }

  #refuse(id: string, error: { code: string; message: string }): void {
    this.#waiters.get(id)?.reject(new OutboxRefusal(error))
    this.#waiters.delete(id)
  }
}

/** The error of a promise whose message was taken back in another tab. */
const TAKEN_BACK = { code: 'PRECONDITION_FAILED', message: 'The message was taken back.' }

function isWanted(entry: OutboxEntry | null): boolean {
  return entry !== null && entry.state !== 'withdrawn'
}

/** Widens the type again, because the compiler does not see that a callback assigns the variable. */
function asEntry(entry: OutboxEntry | null): OutboxEntry | null {
  return entry
}
