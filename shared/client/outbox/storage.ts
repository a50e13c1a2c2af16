import type { SendResult } from '../app.ts'
import { byPlace } from './entry.ts'
import type { OutboxEntry } from './entry.ts'

/** News among the users of one storage: entries changed, and perhaps one was removed because it was sent. */
export type OutboxNews = {
  readonly sent?: {
    readonly id: string
    /** Absent in the news of a tab with an older version. */
    readonly sessionId?: string
    readonly result: SendResult
  }
}

/** The storage of an outbox's entries. */
export type OutboxStorage = {
  /** True when entries outlive the client, so that another person may be signed in when they are sent. */
  readonly isShared: boolean
  /** All entries, in the order of their places. */
  list(): Promise<OutboxEntry[]>
  /**
   * Changes one entry atomically.
   *
   * @param change gets the stored entry, null for none, and returns the new one, null to remove it
   * @returns the entry before the change
   */
  change(
    id: string,
    change: (entry: OutboxEntry | null) => OutboxEntry | null,
  ): Promise<OutboxEntry | null>
  /** Runs `work` while no other user of the storage runs work under this name; after an abort it does not run. */
  exclusively(name: string, signal: AbortSignal, work: () => Promise<void>): Promise<void>
  /** Sends news to the other users of the storage. */
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
    // Its only user does one thing under a name at a time.
    exclusively: (_name, _signal, work) => work(),
    tell: () => {},
    listen: () => () => {},
  }
}
