import type { File } from '../../contract/file.ts'
import type { SessionError } from '../session/session-snapshot.ts'

/** A file of a waiting message. Its bytes are stored until the message is sent or taken back. */
export type OutboxFile = {
  /** The file's id: made by this client, or the server's id of a file that is stored there. */
  readonly id: string
  readonly name: string
  readonly mimeType: string
  /** Null for a file that was uploaded before. */
  readonly body: Blob | null
  /** True when the server may have a part of the file under this id. */
  readonly isBegun?: boolean
  /** True when the server has the whole file. */
  readonly isStored: boolean
  /** The server's description of a file that was uploaded before. */
  readonly file?: File
}

/** The settings with which the session of a first message is made. */
export type NewSession = {
  readonly model?: string | null
  readonly systemPrompt?: string | null
  readonly projectId?: string | null
  readonly toolsOff?: readonly string[] | null
  readonly temporary?: boolean
}

/** A message that a person sent, until it is in the log. It is plain data that a browser can store. */
export type OutboxEntry = {
  /** The message's id, by which every repetition is the same send. */
  readonly id: string
  readonly sessionId: string
  readonly text: string
  readonly files: readonly OutboxFile[]
  /** The session that is made before the message is sent; null when it exists. */
  readonly session: NewSession | null
  readonly parentId: string | null
  readonly whenBusy: 'queue' | 'interrupt' | 'reject' | 'steer' | null
  /** The user's id; null while nobody is known. */
  readonly owner: string | null
  /** The tab in which it was written, by the name in `outbox.tab` of `connect`. */
  readonly tab?: string
  /** Entries are sent in the order of these numbers. */
  readonly place: number
  /**
   * `waiting` was never sent; `tried` may have arrived; `withdrawn` was taken back after a try, and is withdrawn on the
   * server too if that is still possible; `refused` stays until a person decides.
   */
  readonly state: 'waiting' | 'tried' | 'withdrawn' | 'refused'
  /** The reason for the refusal. */
  readonly error: SessionError | null
}

/** The next free place: the current time, or a larger number if other entries have that. */
export function nextPlace(entries: readonly OutboxEntry[], now: number): number {
  return entries.reduce((place, entry) => Math.max(place, entry.place + 1), now)
}

export function byPlace(a: OutboxEntry, b: OutboxEntry): number {
  return a.place - b.place
}

/** The entry after the server has stored one of its files. */
export function withStored(entry: OutboxEntry, fileId: string): OutboxEntry {
  const files = entry.files.map((file) => (file.id === fileId ? { ...file, isStored: true } : file))
  return { ...entry, files }
}
