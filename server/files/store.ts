import type { Readable } from 'node:stream'

/** Bytes of an object, both counted from 0 and included. */
export type ByteRange = { start: number; end: number }

/** Where the bytes of files are. A key is written once, and names the same bytes until it is removed. */
export type ObjectStore = {
  /**
   * Stores a whole local file; done when it is durable under its key.
   *
   * @throws StoreError when it is not, or when what was stored has another hash
   */
  put(key: string, source: { path: string; bytes: number; sha256: string }): Promise<void>
  /** @throws StoreError when it is not there, or the store cannot be reached */
  read(key: string, range?: ByteRange): Promise<Readable>
  /** Removing what is not there is no mistake. */
  remove(key: string): Promise<void>
}

/** The store did not do what it was asked; the message is for people. */
export class StoreError extends Error {}
