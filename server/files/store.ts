import type { Readable } from 'node:stream'

/** A range of an object's bytes, counted from 0; both ends are included. */
export type ByteRange = { start: number; end: number }

/** A store for the bytes of files. A key is written once, and names the same bytes until it is removed. */
export type ObjectStore = {
  /**
   * Stores a local file; resolves when it is durable under its key.
   *
   * @throws StoreError when that fails, or the stored bytes have another hash
   */
  put(key: string, source: { path: string; bytes: number; sha256: string }): Promise<void>
  /** @throws StoreError when it does not exist, or the store cannot be reached */
  read(key: string, range?: ByteRange): Promise<Readable>
  /** Removing an object that does not exist is not an error. */
  remove(key: string): Promise<void>
}

/** The store failed; the message is for people. */
export class StoreError extends Error {}
