import type { TextStorage } from '../../../../person-storage.ts'

/** Removes everything whose key begins so. */
export function removeStored(storage: TextStorage, prefix: string): void {
  // All keys first: removing one moves the others.
  const keys = Array.from({ length: storage.length }, (_, index) => storage.key(index))
  for (const key of keys) if (key?.startsWith(prefix) === true) storage.removeItem(key)
}
