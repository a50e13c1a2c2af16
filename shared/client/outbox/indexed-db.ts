import type { DBSchema, IDBPDatabase } from 'idb'
import { byPlace } from './entry.ts'
import type { OutboxEntry } from './entry.ts'
import { memoryOutboxStorage } from './storage.ts'
import type { OutboxNews, OutboxStorage } from './storage.ts'

interface Schema extends DBSchema {
  entries: { key: string; value: OutboxEntry }
}

/**
 * The longest wait for a lock, which a tab that sleeps may keep. Going on without it is safe, because a send is the
 * same send by its id.
 */
const LOCK_MS = 10_000

/**
 * Stores entries in the browser, for all tabs of one origin: the others send the messages of a tab that was closed or
 * killed. Where the browser blocks storage, entries last as long as the page.
 *
 * @param name the database's name; tabs with the same name share it
 */
export function indexedDbOutboxStorage(name = 'throughline-outbox'): OutboxStorage {
  const memory = memoryOutboxStorage()
  let channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(name)
  let opened: Promise<IDBPDatabase<Schema>> | null = null
  let hasWorked = false

  function open(): Promise<IDBPDatabase<Schema>> {
    opened ??= openDatabase()
    return opened
  }

  async function openDatabase(): Promise<IDBPDatabase<Schema>> {
    const { openDB } = await import('idb')
    return openDB<Schema>(name, 1, {
      upgrade: (database) => void database.createObjectStore('entries', { keyPath: 'id' }),
      blocking: (_current, _blocked, event) => {
        opened = null
        ;(event.target as IDBDatabase).close()
      },
      terminated: () => {
        opened = null
      },
    })
  }

  /** Browsers close databases by themselves, so after a failure the work is tried once more over a new connection. */
  async function withDatabase<T>(work: (database: IDBPDatabase<Schema>) => Promise<T>): Promise<T> {
    try {
      return await attempt(work)
    } catch {
      opened = null
      return await attempt(work)
    }
  }

  async function attempt<T>(work: (database: IDBPDatabase<Schema>) => Promise<T>): Promise<T> {
    const result = await work(await open())
    hasWorked = true
    return result
  }

  return {
    isShared: true,
    async list() {
      const stored = await withDatabase((database) => database.getAll('entries')).catch(
        (error: unknown) => {
          // If storage never worked, it is blocked and holds nothing.
          if (hasWorked) throw error
          return []
        },
      )
      return [...stored, ...(await memory.list())].toSorted(byPlace)
    },
    async change(id, change) {
      // Storage is blocked or full: the entry lasts as long as the page.
      if ((await memory.list()).some((entry) => entry.id === id)) return memory.change(id, change)
      try {
        return await withDatabase(async (database) => {
          const transaction = database.transaction('entries', 'readwrite')
          const before = (await transaction.store.get(id)) ?? null
          const after = change(before)
          if (after !== null) await transaction.store.put(after)
          else if (before !== null) await transaction.store.delete(id)
          await transaction.done
          return before
        })
      } catch {
        return memory.change(id, change)
      }
    },
    async exclusively(lock, signal, work) {
      const locks = globalThis.navigator?.locks
      // Locks exist only on pages of a secure origin.
      if (locks === undefined) return work()
      const late = AbortSignal.timeout(LOCK_MS)
      let begun = false
      try {
        await locks.request(`${name} ${lock}`, { signal: AbortSignal.any([signal, late]) }, () => {
          begun = true
          return work()
        })
      } catch (error) {
        if (begun) throw error
        if (late.aborted && !signal.aborted) await work()
      }
    },
    tell: (news) => channel?.postMessage(news),
    listen(listener) {
      // Only `tell` posts to this channel.
      const onMessage = ({ data }: MessageEvent<OutboxNews>): void => listener(data)
      channel?.addEventListener('message', onMessage)
      return () => {
        channel?.close()
        channel = null
      }
    },
  }
}
