import type { Api } from '../app.ts'
import { retryDelay } from '../connection/retry.ts'
import { deliver } from './deliver.ts'
import { withStored } from './entry.ts'
import type { OutboxEntry } from './entry.ts'
import type { LocalOutbox } from './local-outbox.ts'
import type { OutboxStorage } from './storage.ts'
import { Turns } from './turns.ts'
import type { UploadFile } from './upload.ts'

export type DeliveryParts = {
  api: Api
  storage: OutboxStorage
  upload: UploadFile
  /** Called with the id of a connection's person once it is known. */
  onOwner: (id: string) => void
}

/** Sends the waiting messages while there is a connection: one at a time in each session, over all tabs. */
export class Deliveries {
  readonly #storage: OutboxStorage
  readonly #api: Api
  readonly #upload: UploadFile
  readonly #onOwner: (id: string) => void
  readonly #local: LocalOutbox
  readonly #turns = new Turns((sessionId) => this.#pump(sessionId))
  /** The number of failures of the server in a row, by message. */
  readonly #failures = new Map<string, number>()
  readonly #timers = new Set<ReturnType<typeof setTimeout>>()
  /** Aborts at the end of the current connection or login. */
  #epoch: AbortController | null = null
  /** True when there is a connection and its person is known. */
  #isOnline = false

  constructor(parts: DeliveryParts, local: LocalOutbox) {
    this.#api = parts.api
    this.#storage = parts.storage
    this.#upload = parts.upload
    this.#onOwner = parts.onOwner
    this.#local = local
  }

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
        const { shown } = this.#local.view
        this.#local.view.owner = me.id
        this.#onOwner(me.id)
        // Messages that were written here before anybody was known belong to this person, even if another one is here
        // when they are sent.
        for (const { id, owner } of shown) {
          if (owner === null) await this.#local.own(id, null, me.id)
          // The next connection may be another person's.
          if (epoch.signal.aborted) return
        }
      }
    } catch {
      if (!epoch.signal.aborted) this.#later(1, () => void this.online())
      return
    }
    this.#isOnline = true
    await this.load()
  }

  offline(): void {
    this.#isOnline = false
    this.#epoch?.abort()
    this.#epoch = null
  }

  /** Reads the stored messages, which other tabs may have changed, and sends them. */
  async load(): Promise<void> {
    await this.#local.read()
    const { shown, due } = this.#local.view
    for (const { id, error } of shown) {
      if (error !== null) this.#local.refuse(id, error)
    }
    for (const sessionId of new Set(due.map((entry) => entry.sessionId))) this.ask(sessionId)
  }

  /** Requests that the messages of a session are sent; without a connection, the next connection does it. */
  ask(sessionId: string): void {
    this.#turns.ask(sessionId)
  }

  /** Forgets the failures of a message that a person sends again. */
  renew(id: string): void {
    this.#failures.delete(id)
  }

  close(): void {
    this.offline()
    for (const timer of this.#timers) clearTimeout(timer)
  }

  async #pump(sessionId: string): Promise<void> {
    if (!this.#isOnline || this.#epoch === null) return
    const { signal } = this.#epoch
    await this.#storage
      .exclusively(sessionId, signal, () => this.#drain(sessionId, signal))
      .catch(() => this.#later(1, () => this.ask(sessionId)))
  }

  async #drain(sessionId: string, signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#local.read()
      const next = this.#local.view.due.find((entry) => entry.sessionId === sessionId)
      if (next === undefined || signal.aborted || !(await this.#deliver(next.id, signal))) return
    }
  }

  /** Returns false when the messages behind it have to wait. */
  async #deliver(id: string, signal: AbortSignal): Promise<boolean> {
    const { owner } = this.#local.view
    let tried: OutboxEntry | null = null
    // From here on it may have arrived. It may also have been taken back since it was read.
    await this.#storage.change(id, (now) => {
      tried = now && { ...now, owner, state: now.state === 'waiting' ? 'tried' : now.state }
      return tried
    })
    const entry = asEntry(tried)
    if (entry === null) this.#local.view.remove(id, 'taken-back')
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
          await this.#local.read()
          return isWanted(before)
        },
        made: async () => {
          const before = await this.#storage.change(id, (now) => now && { ...now, session: null })
          await this.#local.read()
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
        this.#local.settle(id, outcome.result)
        break
      case 'withdrawn':
        await this.#storage.change(id, () => null)
        this.#local.refuse(id, TAKEN_BACK)
        this.#local.forget(id)
        break
      case 'refused':
        await this.#storage.change(
          id,
          (now) => now && { ...now, state: 'refused', error: outcome.error },
        )
        this.#storage.tell({})
        await this.load()
        break
      case 'failed':
        this.#failures.set(id, failures + 1)
        this.#later(failures + 1, () => this.ask(sessionId))
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
