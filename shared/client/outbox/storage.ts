import type { SendResult } from '../app.ts'
import { byPlace } from './entry.ts'
import type { OutboxEntry } from './entry.ts'

/** What users of one storage tell each other: the entries changed, and perhaps why one is gone. */
export type OutboxNews = { readonly sent?: { readonly id: string; readonly result: SendResult } }

/** Where an outbox keeps its entries. */
export type OutboxStorage = {
  /** Whether entries outlive the client, so that another person may be there when they go out. */
  readonly isShared: boolean
  /** All entries, in the order of their places. */
  list(): Promise<OutboxEntry[]>
  /**
   * Changes one entry atomically.
   * @param change gets what is there; it returns what is to be there, null for nothing
   * @returns what was there
   */
  change(
    id: string,
    change: (entry: OutboxEntry | null) => OutboxEntry | null,
  ): Promise<OutboxEntry | null>
  /** Carries out `work` while no other user of the storage does so under this name, or not at all after an abort. */
  exclusively(name: string, signal: AbortSignal, work: () => Promise<void>): Promise<void>
  /** Tells the other users of the storage. */
  tell(news: OutboxNews): void
  /** @returns a function that ends it */
  listen(listener: (news: OutboxNews) => void): () => void
}

/** Keeps entries for as long as the client lives. */
export function memoryOutboxStorage(): OutboxStorage {
  const entries = new Map<string, OutboxEntry>()
  return {
    isShared: false,
    list: async () => [...entries.values()].toSorted(byPlace),
    async change(id, change) {
      const before = entries.get(id) ?? null
      const after = change(before)
      if (after === null) entries.delete(id)
      else entries.set(id, after)
      return before
    },
    // There is one user of it, who does one thing under a name at a time.
    exclusively: (_name, _signal, work) => work(),
    tell: () => {},
    listen: () => () => {},
  }
}
