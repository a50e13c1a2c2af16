import type { SessionStore } from '../session/session-store.ts'
import { byPlace } from './entry.ts'
import type { OutboxEntry } from './entry.ts'

/** One person's part of an outbox, as this client shows it: here, and in the stores of the sessions. */
export class OutboxView {
  readonly #sessionOf: (id: string) => SessionStore
  readonly #tab: string
  #stored: readonly OutboxEntry[] = []
  /** Entries that are still being stored. */
  readonly #new = new Map<string, OutboxEntry>()
  /** Entries that were sent or taken back; a list that was read before may still have them. */
  readonly #gone = new Map<string, 'sent' | 'taken-back'>()
  /** The person; null while nobody is known. Messages of others are neither shown nor sent. */
  owner: string | null
  shown: readonly OutboxEntry[] = []

  /** @param tab the name of the tab in which this client writes */
  constructor(owner: string | null, tab: string, sessionOf: (id: string) => SessionStore) {
    this.owner = owner
    this.#tab = tab
    this.#sessionOf = sessionOf
  }

  /** The messages that have to be sent or withdrawn, in order. */
  get due(): readonly OutboxEntry[] {
    return this.#stored.filter(
      (entry) =>
        this.#isMine(entry) &&
        (entry.state === 'withdrawn' || (entry.state !== 'refused' && !this.#gone.has(entry.id))),
    )
  }

  add(entry: OutboxEntry): void {
    this.#gone.delete(entry.id)
    this.#new.set(entry.id, entry)
    this.#show()
  }

  /** A message was stored. */
  kept(entry: OutboxEntry): void {
    if (!this.#new.delete(entry.id)) return
    this.keep([...this.#stored, entry])
  }

  /** Shows the stored messages, in their order. */
  keep(stored: readonly OutboxEntry[]): void {
    this.#stored = stored
    for (const { id } of stored) this.#new.delete(id)
    this.#show()
  }

  /** A message was sent or taken back. */
  remove(id: string, why: 'sent' | 'taken-back'): void {
    this.#new.delete(id)
    this.#gone.set(id, why)
    this.#show()
  }

  /** A message that was written in another tab before anybody was known may be anybody's. */
  #isMine({ owner, tab }: OutboxEntry): boolean {
    return owner === null ? tab === this.#tab : owner === this.owner
  }

  #show(): void {
    const before = new Map(this.shown.map((entry) => [entry.id, entry]))
    this.shown = [...this.#stored, ...this.#new.values()]
      .filter((entry) => this.#isMine(entry) && !this.#gone.has(entry.id))
      .filter(({ state }) => state !== 'withdrawn')
      .toSorted(byPlace)
    const kept = new Set<string>()
    const unmade = new Set(this.shown.flatMap((entry) => (entry.session ? [entry.sessionId] : [])))
    for (const sessionId of unmade) this.#sessionOf(sessionId).hold()
    for (const entry of this.shown) {
      kept.add(entry.id)
      const was = before.get(entry.id)
      const store = this.#sessionOf(entry.sessionId)
      if (was === undefined || (was.error !== null && entry.error === null)) {
        store.sending(pendingOf(entry))
      }
      if (entry.error !== null && was?.error !== entry.error) store.refused(entry.id, entry.error)
    }
    for (const { id, sessionId, session } of before.values()) {
      const store = this.#sessionOf(sessionId)
      if (session !== null && !unmade.has(sessionId)) store.release()
      if (kept.has(id)) continue
      // Another tab that sent it reports that before it removes it; without that, the message was taken back there.
      if (this.#gone.get(id) === 'sent') store.answered(id)
      else store.withdrawn(id)
    }
  }
}

function pendingOf({ id, text, parentId, files }: OutboxEntry) {
  return {
    id,
    text,
    parentId,
    ...(files.length > 0 && { files: files.map(({ id: fileId, name }) => ({ id: fileId, name })) }),
  }
}
