import type { OutboxEntry, OutboxNews, OutboxStorage } from '../index.ts'
import { memoryOutboxStorage } from '../outbox/storage.ts'

/** A storage that several clients share, as tabs share a browser's. */
export function sharedOutboxStorage(): {
  /** The storage as one of its users. */
  user(): OutboxStorage
  readonly entries: Map<string, OutboxEntry>
} {
  const memory = memoryOutboxStorage()
  const entries = new Map<string, OutboxEntry>()
  const users = new Set<(news: OutboxNews) => void>()
  const locks = new Map<string, Promise<void>>()

  async function exclusively(name: string, work: () => Promise<void>): Promise<void> {
    const before = locks.get(name) ?? Promise.resolve()
    const mine = before.then(work)
    locks.set(
      name,
      mine.catch(() => {}),
    )
    await mine
  }

  return {
    entries,
    user() {
      let own: ((news: OutboxNews) => void) | null = null
      return {
        ...memory,
        isShared: true,
        async change(id, change) {
          return memory.change(id, (before) => {
            const after = change(before)
            if (after === null) entries.delete(id)
            else entries.set(id, after)
            return after
          })
        },
        exclusively: (name, _signal, work) => exclusively(name, work),
        tell(news) {
          for (const tell of users) if (tell !== own) queueMicrotask(() => tell(news))
        },
        listen(listener) {
          own = listener
          users.add(listener)
          return () => users.delete(listener)
        },
      }
    },
  }
}
