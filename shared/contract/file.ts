import { z } from 'zod'
import { FileId } from './ids.ts'

/** The longest name of a file, in UTF-16 units; longer ones are cut before their ending. */
export const MAX_FILE_NAME = 200

/** The kind of a file, by its content and not by its name. */
export const FileKind = z.enum(['image', 'pdf', 'document', 'text', 'audio', 'other'])
export type FileKind = z.infer<typeof FileKind>

/** A stored file, without its bytes: those are at `GET /api/files/{id}`. */
export const File = z.object({
  id: FileId,
  name: z.string(),
  mimeType: z.string(),
  bytes: z.number().int(),
  /** The hash of the bytes, in hexadecimal digits. */
  sha256: z.string(),
  kind: FileKind,
  /** The size of a picture as it is shown, in pixels. */
  width: z.number().int().optional(),
  height: z.number().int().optional(),
  pages: z.number().int().optional(),
  /** `failed` when its text could not be read, for the reason in `error`; it can still be downloaded. */
  status: z.enum(['processing', 'ready', 'failed']),
  error: z.string().optional(),
})
export type File = z.infer<typeof File>

/** Makes a safe file name of any text: one line, no folders, nothing that hides its ending. */
export function safeFileName(given: string): string {
  const last = given.replaceAll('\\', '/').split('/').at(-1) ?? ''
  const plain = last
    .normalize('NFC')
    .toWellFormed()
    // Control characters, and characters that are invisible or change the direction of writing.
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[<>:"|?*]/g, '_')
    .trim()
    .replace(/^\.+$/, '')
  if (plain === '') return 'file'
  return plain.length > MAX_FILE_NAME ? cut(plain) : plain
}

function cut(name: string): string {
  const ending = /\.[\p{L}\p{N}]{1,10}$/u.exec(name)?.[0] ?? ''
  const stem = name.slice(0, MAX_FILE_NAME - ending.length)
  // Half of a surrogate pair is not a character.
  return stem.replace(/[\uD800-\uDBFF]$/, '') + ending
}
