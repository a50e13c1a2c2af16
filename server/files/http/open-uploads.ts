import { stat } from 'node:fs/promises'
import type { FileStore } from '@tus/file-store'
import type { UserId } from '../../../shared/contract/ids.ts'
import { TooManyRequestsError } from '../../api-error.ts'

/** The most open uploads of one person, on this node. */
const MOST_OPEN = 20
/**
 * An upload that has not grown for this long makes room for a new one: its tab was closed, or the network is gone, and
 * it will be sent again. Milliseconds.
 */
const LEFT_MS = 60_000
/** Seconds. */
const ASK_AGAIN = 60

/** The incomplete uploads of each person. They count like files, because their bytes will come. */
export class OpenUploads {
  readonly #store: FileStore
  readonly #sizes = new Map<string, Map<string, number>>()
  #loading: Promise<void> | null = null

  constructor(store: FileStore) {
    this.#store = store
  }

  /**
   * Registers an upload that is about to begin.
   *
   * @param admit throws when there is no room for so many bytes
   */
  async begin(
    userId: UserId,
    { id, size }: { id: string; size: number },
    admit: (bytes: number) => Promise<void>,
  ): Promise<void> {
    this.#loading ??= this.#load()
    await this.#loading
    const own = this.#of(userId)
    // It is registered first, so that uploads that begin at the same time count for each other.
    own.set(id, size)
    try {
      await this.#forgetEnded(own, id)
      if (own.size > MOST_OPEN) {
        throw new TooManyRequestsError(
          `You have ${MOST_OPEN} uploads that are not whole. Go on with one, or delete one.`,
          ASK_AGAIN,
        )
      }
      await admit([...own.values()].reduce((sum, bytes) => sum + bytes, 0))
    } catch (error) {
      this.forget(userId, id)
      throw error
    }
  }

  forget(userId: string, id: string): void {
    const own = this.#sizes.get(userId)
    own?.delete(id)
    if (own?.size === 0) this.#sizes.delete(userId)
  }

  #of(userId: string): Map<string, number> {
    const own = this.#sizes.get(userId) ?? new Map<string, number>()
    this.#sizes.set(userId, own)
    return own
  }

  /** Removes uploads that have ended, and while there are too many, abandoned ones, the longest abandoned first. */
  async #forgetEnded(own: Map<string, number>, begun: string): Promise<void> {
    const left: { id: string; grewAt: number }[] = []
    for (const id of own.keys()) {
      if (id === begun) continue
      const upload = await this.#store.getUpload(id).catch(() => null)
      const path = upload?.storage?.path
      const seen = path === undefined ? null : await stat(path).catch(() => null)
      if (seen === null) own.delete(id)
      else if (Date.now() - seen.mtimeMs > LEFT_MS) left.push({ id, grewAt: seen.mtimeMs })
    }
    for (const { id } of left.toSorted((one, other) => one.grewAt - other.grewAt)) {
      if (own.size <= MOST_OPEN) return
      await this.#store.remove(id).catch(() => undefined)
      own.delete(id)
    }
  }

  /** Reads the uploads from before this process. */
  async #load(): Promise<void> {
    for (const id of (await this.#store.configstore.list?.()) ?? []) {
      const upload = await this.#store.getUpload(id).catch(() => null)
      const owner = upload?.metadata?.owner
      if (upload && owner) this.#of(owner).set(id, upload.size ?? 0)
    }
  }
}
