import type { Generated } from 'kysely'
import type { ShareId } from '../shared/contract/share.ts'
import type { FileId, MessageId, SessionId, UserId } from '../shared/contract/ids.ts'
import type { File, FileKind } from '../shared/contract/file.ts'

/** The tables of files; `schema.ts` has those of conversations. */

/** The contents of files. Files with the same bytes share one. */
export type FileContentTable = {
  sha256: string
  /** The key of the object in the store; it is never used again for another one. */
  key: string
  bytes: number
  kind: FileKind
  /** The type by the content itself; null when it does not show one. */
  mime_type: string | null
  width: number | null
  height: number | null
  pages: number | null
  /** The text in it; null when there is none. */
  text: string | null
  /** The reason why its text could not be read; null when it could, or when there is none. */
  error: string | null
  /**
   * `waiting`: its text has still to be read. `telling`: the messages that have it have still to be updated. Null for
   * neither.
   */
  reading: 'waiting' | 'telling' | null
  /** The time from which any node may do that. */
  reading_due: string | null
  /** The number of attempts at it. */
  reading_attempts: Generated<number>
  created_at: string
}

/** A person's file: a name for some content. */
export type FileTable = {
  id: FileId
  user_id: UserId
  sha256: string
  name: string
  mime_type: File['mimeType']
  created_at: string
}

export type MessageFileTable = {
  message_id: MessageId
  session_id: SessionId
  file_id: FileId
}

/** Rows that may not be needed any more: a file that no message has, or contents that no file has. */
export type FileCheckTable = {
  id: Generated<number>
  file_id: FileId | null
  sha256: string | null
  check_after: string
}

/** A file of a share's snapshot, with its id in the snapshot. */
export type SharedFileTable = {
  share_id: ShareId
  id: FileId
  file_id: FileId
}

/** Objects in the store to which nothing refers: they are being written, or have to be removed. */
export type StrayObjectTable = {
  key: string
  remove_after: string
}
