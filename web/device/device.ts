import type { DBSchema, IDBPDatabase } from 'idb'
import { basePath } from '../base-path.ts'

/** The server's data that this browser caches for the person who is signed in. */
export interface DeviceSchema extends DBSchema {
  /** Folded sessions as JSON; `sizes` has what limits their number and length. */
  sessions: { key: string; value: { id: string; owner: string; stamp: string; json: string } }
  sizes: { key: string; value: { id: string; at: number; length: number } }
  /** Answers to queries, by their key. */
  answers: { key: string; value: { key: string; owner: string; stamp: string; json: string } }
}

/** Servers below other paths of the same host have their own. */
const NAME = `throughline-cache${basePath}`

/** A hash of the sources that define a state and its events (vite.config.ts). Data of another version is not read. */
export const STAMP: string = import.meta.env.VITE_STATE_STAMP ?? 'development'

let opened: Promise<IDBPDatabase<DeviceSchema>> | null = null

async function open(): Promise<IDBPDatabase<DeviceSchema>> {
  const { openDB } = await import('idb')
  return openDB<DeviceSchema>(NAME, 1, {
    upgrade(database) {
      database.createObjectStore('sessions', { keyPath: 'id' })
      database.createObjectStore('sizes', { keyPath: 'id' })
      database.createObjectStore('answers', { keyPath: 'key' })
    },
    blocking: (_current, _blocked, event) => {
      opened = null
      ;(event.target as IDBDatabase).close()
    },
    terminated: () => {
      opened = null
    },
  })
}

/**
 * Uses the device's database. The server has all of its data, so a blocked or full storage is no failure: the result is
 * null then.
 */
export async function onDevice<T>(
  work: (database: IDBPDatabase<DeviceSchema>) => Promise<T>,
): Promise<T | null> {
  try {
    opened ??= open()
    return await work(await opened)
  } catch {
    opened = null
    return null
  }
}

/** Forgets everything. */
export async function clearDevice(): Promise<void> {
  await onDevice(async (database) => {
    const transaction = database.transaction(['sessions', 'sizes', 'answers'], 'readwrite')
    for (const name of ['sessions', 'sizes', 'answers'] as const) {
      void transaction.objectStore(name).clear()
    }
    await transaction.done
  })
}

/** Deletes everything if any of it belongs to another person. */
export async function keepOnlyOf(owner: string): Promise<void> {
  const answers = await onDevice((database) => database.getAll('answers'))
  if (answers?.some((answer) => answer.owner !== owner)) await clearDevice()
}
