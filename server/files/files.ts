import { join } from 'node:path'
import { randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { Database } from '../../db/engine/database.ts'
import * as contents from '../../db/queries/files/contents.ts'
import * as table from '../../db/queries/files/files.ts'
import { readAgain } from '../../db/queries/files/readings.ts'
import type { StoredFile } from '../../db/queries/files/files.ts'
import { findSharedFile } from '../../db/queries/files/shared-files.ts'
import { safeFileName } from '../../shared/contract/file.ts'
import type { File } from '../../shared/contract/file.ts'
import { FileId } from '../../shared/contract/ids.ts'
import type { UserId } from '../../shared/contract/ids.ts'
import { CommandError } from '../api-error.ts'
import type { User } from '../auth/port.ts'
import type { Limits } from '../limits/limits.ts'
import { hashFile } from './hash-file.ts'
import { later } from './later.ts'
import { lookAt, mayBeReadLater } from './reading/inspect.ts'
import type { SettledFiles } from './reading/settled.ts'
import type { ByteRange, ObjectStore } from './store.ts'

export type FilesOptions = {
  database: Database
  store: ObjectStore
  /** A folder on this machine for incomplete uploads. */
  uploads: string
  maxBytes: number
  perMessage: number
  limits: Pick<Limits, 'admitFile'> | null
  now(): string
  newId(): string
  /** Waits for files that are being read. */
  settled: SettledFiles
  /** Called when a file was stored whose text has still to be read. */
  onUnread(): void
}

/** A complete file on the disk of this machine that somebody sent. */
export type Arrived = {
  id: FileId | null
  path: string
  name: string
  /** The sender's statement; null without one. */
  mimeType: string | null
}

/** An object without references that is older than this was being written by a process that has ended. Milliseconds. */
const WRITING_MS = 3_600_000
const TYPE = /^[\w.+-]{1,60}\/[\w.+-]{1,60}$/

/** Stores and finds people's files: bytes in the store, everything else in the database. */
export class Files {
  readonly #options: FilesOptions

  constructor(options: FilesOptions) {
    this.#options = options
  }

  get maxBytes(): number {
    return this.#options.maxBytes
  }

  get perMessage(): number {
    return this.#options.perMessage
  }

  get uploads(): string {
    return this.#options.uploads
  }

  /** A path for a file while it arrives. */
  temporaryPath(): string {
    return join(this.#options.uploads, `incoming-${randomUUID()}`)
  }

  newId(): FileId {
    return FileId.parse(this.#options.newId())
  }

  /** @throws TOO_MANY_REQUESTS when this person has no room for so many more bytes */
  async admit(user: User, bytes: number): Promise<void> {
    await this.#options.limits?.admitFile(user, bytes)
  }

  /**
   * Stores a file: its bytes first, durably, and then its row. A repetition with the same id and bytes is the same
   * file.
   *
   * @throws CONFLICT when the id has other bytes, or is somebody else's
   */
  async accept(user: User, { id, path, name, mimeType }: Arrived): Promise<File> {
    const { database, limits, now } = this.#options
    const { db } = database
    const { sha256, bytes } = await hashFile(path)
    const known = id && (await this.#findRepeated(user.id, id, sha256))
    if (known) return known
    await this.admit(user, bytes)
    const fileId = id ?? this.newId()
    // Contents without a file may be removed between the two steps: then they are stored again.
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      const content = await this.#store(path, sha256, bytes)
      const createdAt = now()
      const file = {
        ...{ id: fileId, userId: user.id, sha256, createdAt },
        name: safeFileName(name),
        mimeType: typeOf(content, mimeType),
      }
      const inserted = await db.transaction().execute(async (transaction) => {
        // Files that arrived at the same time count now.
        await limits?.admitFile(user, bytes, transaction)
        return table.insertFile(transaction, file)
      })
      if (inserted) {
        const stored = await table.findFile(db, user.id, fileId)
        if (stored?.file.status === 'processing') this.#options.onUnread()
        if (stored) return stored.file
      }
      const repeated = await this.#findRepeated(user.id, fileId, sha256)
      if (repeated) return repeated
    }
    throw new CommandError('CONFLICT', 'The file was removed while it was stored. Send it again.')
  }

  async #findRepeated(userId: UserId, id: FileId, sha256: string): Promise<File | null> {
    const { db } = this.#options.database
    const own = await table.findFile(db, userId, id)
    if (own?.file.sha256 === sha256) return own.file
    if (own || (await table.fileExists(db, id))) {
      throw new CommandError('CONFLICT', 'This file id has other content. Send with a new id.')
    }
    return null
  }

  async #store(path: string, sha256: string, bytes: number): Promise<contents.Content> {
    const { database, store, now } = this.#options
    const known = await contents.findContent(database.db, sha256)
    if (known) {
      if (mayBeReadLater(known.error)) await readAgain(database.db, sha256, now())
      return known
    }
    const { found, isRead } = await lookAt(path, bytes)
    const key = `${sha256.slice(0, 2)}/${sha256}-${randomUUID()}`
    await contents.noteStray(database.db, key, later(now(), WRITING_MS))
    await store.put(key, { path, bytes, sha256 })
    const { mimeType: mime_type, ...seen } = found
    const createdAt = now()
    const content = {
      ...{ sha256, key, bytes, mime_type, created_at: createdAt, ...seen },
      reading: isRead ? null : ('waiting' as const),
      reading_due: isRead ? null : createdAt,
      reading_attempts: 0,
    }
    const first = await database.db
      .transaction()
      .execute((transaction) => contents.insertContent(transaction, content))
    if (first) return content
    // Another request stored the same bytes meanwhile, so this copy is not needed.
    await contents.noteStray(database.db, key, now())
    return (await contents.findContent(database.db, sha256)) ?? content
  }

  find(userId: UserId, id: FileId): Promise<StoredFile | null> {
    return table.findFile(this.#options.database.db, userId, id)
  }

  /**
   * Resolves with the files when none of them is being read any more, or when the signal aborts; without those that do
   * not exist.
   */
  settled(userId: UserId, ids: readonly FileId[], signal: AbortSignal): Promise<File[]> {
    return this.#options.settled.settled(userId, ids, signal)
  }

  /** A file of the snapshot of this token. */
  findShared(token: string, id: FileId): Promise<StoredFile | null> {
    return findSharedFile(this.#options.database.db, token, id)
  }

  read({ key }: Pick<StoredFile, 'key'>, range?: ByteRange): Promise<Readable> {
    return this.#options.store.read(key, range)
  }
}

/** The type by the content comes before the sender's, who may only choose among kinds of text. */
function typeOf({ kind, mime_type: found }: contents.Content, said: string | null): string {
  if (found !== null) return found
  const type = said?.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  const plain = kind === 'text' ? 'text/plain' : 'application/octet-stream'
  // The sender's word cannot make a file a picture or a PDF.
  const claims = /^(image\/(?!svg)|audio\/|video\/|application\/pdf$|multipart\/)/.test(type)
  return TYPE.test(type) && !claims && type !== 'application/octet-stream' ? type : plain
}
