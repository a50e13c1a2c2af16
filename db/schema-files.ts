import type { Generated } from 'kysely'
import type { ShareId } from '../shared/contract/share.ts'
import type { FileId, MessageId, SessionId, UserId } from '../shared/contract/ids.ts'
import type { File, FileKind } from '../shared/contract/file.ts'

/** The tables of files, as `schema.ts` has those of conversations. */

/** Bytes that somebody's files have; each once. */
export type FileContentTable = {
  sha256: string
  /** Under which they are in the store; never used again for others. */
  key: string
  bytes: number
  kind: FileKind
  /** As the content says; null where it says nothing. */
  mime_type: string | null
  width: number | null
  height: number | null
  pages: number | null
  /** What can be read in it; null where nothing can. */
  text: string | null
  /** Why its text could not be read; null when it could, or when there is none. */
  error: string | null
  created_at: string
}

/** A file of a person's: a name for some content. */
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

/** What may have come out of use: a file that no message has, or contents that no file has. */
export type FileCheckTable = {
  id: Generated<number>
  file_id: FileId | null
  sha256: string | null
  check_after: string
}

/** A file of a share's snapshot, by the id that it has there. */
export type SharedFileTable = {
  share_id: ShareId
  id: FileId
  file_id: FileId
}

/** Objects in the store that nothing refers to: they are being written, or are to be removed. */
export type StrayObjectTable = {
  key: string
  remove_after: string
}
