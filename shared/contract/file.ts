import { z } from 'zod'
import { FileId } from './ids.ts'

/** The longest name of a file, in UTF-16 units; longer ones are cut before their ending. */
export const MAX_FILE_NAME = 200

/** What a file is, by its content and not by its name. */
export const FileKind = z.enum(['image', 'pdf', 'document', 'text', 'audio', 'other'])
export type FileKind = z.infer<typeof FileKind>

/** A stored file, without its bytes: those are at `GET /api/files/{id}`. */
export const File = z.object({
  id: FileId,
  name: z.string(),
  mimeType: z.string(),
  bytes: z.number().int(),
  /** Of the bytes, as hexadecimal digits. */
  sha256: z.string(),
  kind: FileKind,
  /** Of a picture, as it is shown; pixels. */
  width: z.number().int().optional(),
  height: z.number().int().optional(),
  pages: z.number().int().optional(),
  /** `failed`: its text could not be read, as `error` says; it can still be downloaded. */
  status: z.enum(['processing', 'ready', 'failed']),
  error: z.string().optional(),
})
export type File = z.infer<typeof File>

/** What a client can do with a name that anybody chose: one line, no folders, nothing that hides its ending. */
export function safeFileName(given: string): string {
  const last = given.replaceAll('\\', '/').split('/').at(-1) ?? ''
  const plain = last
    .normalize('NFC')
    .toWellFormed()
    // Controls, and the marks that turn the direction of writing or cannot be seen.
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
  // Half of a surrogate pair is no character.
  return stem.replace(/[\uD800-\uDBFF]$/, '') + ending
}
