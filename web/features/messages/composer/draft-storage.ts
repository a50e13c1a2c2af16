/** What drafts need of the browser's storage. */
export type DraftStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>

/** Removes everything whose key begins so. */
export function removeStored(storage: DraftStorage, prefix: string): void {
  // All keys first: removing one moves the others.
  const keys = Array.from({ length: storage.length }, (_, index) => storage.key(index))
  for (const key of keys) if (key?.startsWith(prefix) === true) storage.removeItem(key)
}
