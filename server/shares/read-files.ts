import type { Db } from '../../db/engine/database.ts'
import { findSharedFile } from '../../db/queries/files/shared-files.ts'
import type { File } from '../../shared/contract/file.ts'
import type { FileId } from '../../shared/contract/ids.ts'
import type { Message, Part } from '../../shared/contract/message.ts'
import { filesOfPart } from '../../shared/session/files-of-part.ts'

/**
 * A snapshot's messages with the texts of their files that were read after it was taken; the contents do not change.
 */
export async function withReadFiles(
  db: Db,
  token: string,
  messages: readonly Message[],
): Promise<Message[]> {
  const read = new Map<FileId, File>()
  for (const file of messages.flatMap(({ parts }) => parts.flatMap(filesOfPart))) {
    if (file.status !== 'processing' || read.has(file.id)) continue
    const found = await findSharedFile(db, token, file.id)
    if (found) read.set(file.id, { ...found.file, id: file.id })
  }
  if (read.size === 0) return [...messages]
  const now = (file: File): File => read.get(file.id) ?? file
  return messages.map((message) => ({
    ...message,
    parts: message.parts.map((part): Part => {
      if (part.type === 'file') return { type: 'file', file: now(part.file) }
      if (part.type !== 'tool' || !part.call.files) return part
      return { type: 'tool', call: { ...part.call, files: part.call.files.map(now) } }
    }),
  }))
}
