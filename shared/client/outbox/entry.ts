import type { File } from '../../contract/file.ts'
import type { SessionError } from '../session/session-snapshot.ts'

/** A file of a message that waits. Its bytes are here until the message is sent or taken back. */
export type OutboxFile = {
  /** The file's id; made here, or the server's for one that is stored. */
  readonly id: string
  readonly name: string
  readonly mimeType: string
  /** Null for one that was uploaded before. */
  readonly body: Blob | null
  /** Whether the server has it. */
  readonly isStored: boolean
  /** What the server said of it, where it was uploaded before. */
  readonly file?: File
}

/** How the session of a first message is made. */
export type NewSession = {
  readonly model?: string | null
  readonly systemPrompt?: string | null
  readonly projectId?: string | null
  readonly toolsOff?: readonly string[] | null
  readonly temporary?: boolean
}

/** A message that a person sent, until the log has it. It is plain data that a browser can store. */
export type OutboxEntry = {
  /** The message's id; it makes every repetition the same send. */
  readonly id: string
  readonly sessionId: string
  readonly text: string
  readonly files: readonly OutboxFile[]
  /** The session is made first; null when there is one. */
  readonly session: NewSession | null
  readonly parentId: string | null
  readonly whenBusy: 'queue' | 'interrupt' | 'reject' | 'steer' | null
  /** The user's id; null while nobody is known. */
  readonly owner: string | null
  /** Entries go out in this order. */
  readonly place: number
  /**
   * `waiting` was never on its way; `tried` may have arrived; `withdrawn` was taken back after it was tried, and is
   * withdrawn on the server too when that still can be; `refused` stays until somebody decides.
   */
  readonly state: 'waiting' | 'tried' | 'withdrawn' | 'refused'
  /** Why it was refused. */
  readonly error: SessionError | null
}

/** The next free place: the time, but behind everything that is there. */
export function nextPlace(entries: readonly OutboxEntry[], now: number): number {
  return entries.reduce((place, entry) => Math.max(place, entry.place + 1), now)
}

export function byPlace(a: OutboxEntry, b: OutboxEntry): number {
  return a.place - b.place
}

/** The entry when the server has one of its files. */
export function withStored(entry: OutboxEntry, fileId: string): OutboxEntry {
  const files = entry.files.map((file) => (file.id === fileId ? { ...file, isStored: true } : file))
  return { ...entry, files }
}
