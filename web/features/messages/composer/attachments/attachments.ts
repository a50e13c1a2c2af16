import type { File as StoredFile } from '../../../../../shared/contract/file.ts'
import { newId } from '../../../../../shared/contract/new-id.ts'
import { removeStored } from '../drafts/draft-storage.ts'
import type { TextStorage } from '../../../../person-storage.ts'
import { Listeners } from '../../../../../shared/client/store.ts'

/** A file beside an unsent text. */
export type Attachment = { key: string; name: string } & (
  | { status: 'uploading'; progress: number }
  /** `isRefused`: not for want of a connection. */
  | { status: 'failed'; problem: string; isRefused: boolean }
  | { status: 'ready'; file: StoredFile }
)

/**
 * A file of a message that is sent: stored at the server, or as bytes. Of these, the server may have a part under `id`,
 * after which the upload goes on.
 */
export type Attached = StoredFile | ({ source: File } & UploadPlace)

/** `leave` leaves it to the outbox, and returns whether the server knows of it. */
export type Running = { cancel(): void; leave(): boolean }

/** The id under which a file is stored; `isBegun` after an earlier attempt to upload it. */
export type UploadPlace = { id: string; isBegun: boolean }

export type UploadEvents = {
  onProgress(share: number): void
  onReady(file: StoredFile): void
  onFailed(problem: string, isRefused: boolean): void
}

type Upload = (file: File, events: UploadEvents, place: UploadPlace) => Running

type Source = { file: File; place: UploadPlace; running: Running | null }

const PREFIX = 'files.'
const NONE: readonly Attachment[] = []

/**
 * Files beside unsent texts, by session. Those that are stored come back after a reload; of the others the page has
 * the bytes alone.
 */
export class Attachments {
  readonly #storage: TextStorage
  readonly #upload: Upload
  readonly #lists = new Map<string, readonly Attachment[]>()
  readonly #sources = new Map<string, Source>()
  /** Boxes whose list of stored files could not be saved: no person is known yet, or the storage is full or blocked. */
  readonly #unstored = new Set<string>()
  readonly #listeners = new Listeners()
  #count = 0

  constructor(storage: TextStorage, upload: Upload) {
    this.#storage = storage
    this.#upload = upload
  }

  readonly subscribe = this.#listeners.add

  get(draft: string): readonly Attachment[] {
    const known = this.#lists.get(draft)
    if (known) return known
    const list = this.#stored(draft)
    this.#lists.set(draft, list)
    return list
  }

  add(draft: string, files: Iterable<File>): void {
    const added = [...files].map((file) => this.#uploading(file, { id: newId(), isBegun: false }))
    this.#add(draft, added, 'last')
  }

  retry(draft: string, key: string): void {
    this.#change(draft, key, ({ name }) => ({ key, name, status: 'uploading', progress: 0 }))
    this.#begin(draft, key)
  }

  remove(draft: string, key: string): void {
    this.#sources.get(key)?.running?.cancel()
    this.#sources.delete(key)
    this.#set(
      draft,
      this.get(draft).filter((one) => one.key !== key),
    )
  }

  /** Updates a stored file in every draft, for example when its text has been read. */
  read(file: StoredFile): void {
    for (const [draft, list] of this.#lists) {
      const known = list.find((one) => one.status === 'ready' && one.file.id === file.id)
      if (known?.status === 'ready' && known.file.status !== file.status) {
        this.#change(draft, known.key, ({ key }) => ({ ...ready(file), key }))
      }
    }
  }

  /** Returns the files for sending, and forgets them here; the bytes of those that the server does not have. */
  take(draft: string): Attached[] {
    const files = this.get(draft).flatMap((one): Attached[] => {
      if (one.status === 'ready') return [one.file]
      const source = this.#sources.get(one.key)
      const isBegun = source?.running?.leave() ?? false
      this.#sources.delete(one.key)
      return source ? [{ source: source.file, id: source.place.id, isBegun }] : []
    })
    this.#set(draft, NONE)
    return files
  }

  /** Forgets every file, because the person has left. */
  clear(): void {
    for (const { running } of this.#sources.values()) running?.cancel()
    this.#sources.clear()
    this.#lists.clear()
    this.#unstored.clear()
    removeStored(this.#storage, PREFIX)
    this.#listeners.notify()
  }

  giveBack(draft: string, files: readonly Attached[]): void {
    this.#add(
      draft,
      files.map((file) => ('source' in file ? this.#uploading(file.source, file) : ready(file))),
      'first',
    )
  }

  /**
   * Reads the stored lists again, which another tab may have changed. Uploads of this tab stay.
   *
   * @param stored the key in the storage that has changed; null for any
   */
  reread(stored: string | null): void {
    for (const draft of this.#lists.keys()) {
      if (stored === null || stored === PREFIX + draft) this.#join(draft)
    }
    this.#listeners.notify()
  }

  #add(draft: string, added: readonly Attachment[], where: 'first' | 'last'): void {
    const here = this.get(draft)
    this.#set(draft, where === 'first' ? [...added, ...here] : [...here, ...added])
    for (const { key } of added) this.#begin(draft, key)
  }

  /** A file whose upload `#add` begins. */
  #uploading(file: File, place: UploadPlace): Attachment {
    this.#count += 1
    const key = `new-${this.#count}`
    this.#sources.set(key, { file, place, running: null })
    return { key, name: file.name, status: 'uploading', progress: 0 }
  }

  #begin(draft: string, key: string): void {
    const source = this.#sources.get(key)
    if (!source) return
    const { id, isBegun } = source.place
    const events: UploadEvents = {
      onProgress: (progress) =>
        this.#change(draft, key, ({ name }) => ({ key, name, status: 'uploading', progress })),
      onReady: (file) => {
        this.#sources.delete(key)
        this.#join(draft)
        this.#change(draft, key, () => ({ ...ready(file), key }))
      },
      onFailed: (problem, isRefused) =>
        this.#change(draft, key, ({ name }) => ({
          ...{ key, name, status: 'failed', problem, isRefused },
        })),
    }
    source.running = this.#upload(source.file, events, { id, isBegun })
  }

  /** Merges the stored list of a box with the files that only this tab has, in the order in which they were chosen. */
  #join(draft: string): void {
    const stored = new Map(this.#stored(draft).map((one) => [one.key, one]))
    const own = this.get(draft).flatMap((one): Attachment[] => {
      const known = one.status === 'ready' ? stored.get(one.file.id) : undefined
      if (known) return [{ ...known, key: one.key }]
      // Another tab removed a file that was stored.
      return one.status === 'ready' && !this.#unstored.has(draft) ? [] : [one]
    })
    for (const one of own) {
      if (one.status === 'ready') stored.delete(one.file.id)
    }
    const list = [...stored.values(), ...own]
    if (this.#unstored.has(draft)) this.#set(draft, list)
    else this.#lists.set(draft, list)
  }

  #change(draft: string, key: string, change: (one: Attachment) => Attachment): void {
    this.#set(
      draft,
      this.get(draft).map((one) => (one.key === key ? change(one) : one)),
    )
  }

  #set(draft: string, list: readonly Attachment[]): void {
    this.#lists.set(draft, list)
    const files = list.flatMap((one) => (one.status === 'ready' ? [one.file] : []))
    try {
      if (files.length > 0) this.#storage.setItem(PREFIX + draft, JSON.stringify(files))
      else this.#storage.removeItem(PREFIX + draft)
      this.#unstored.delete(draft)
    } catch {
      this.#unstored.add(draft)
      // Storage is full or blocked: they last until the page is closed.
    }
    this.#listeners.notify()
  }

  #stored(draft: string): readonly Attachment[] {
    try {
      const files: unknown = JSON.parse(this.#storage.getItem(PREFIX + draft) ?? '[]')
      // Only `#set` writes it.
      return Array.isArray(files) ? (files as StoredFile[]).map(ready) : NONE
    } catch {
      return NONE
    }
  }
}

function ready(file: StoredFile): Attachment {
  return { key: file.id, name: file.name, status: 'ready', file }
}
