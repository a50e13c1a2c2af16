import type { Database } from '../../../db/engine/database.ts'
import {
  readBranchIds,
  readFullMessages,
  readOutline,
} from '../../../db/queries/transfer/exports.ts'
import type { FullMessage, SessionOutline } from '../../../db/queries/transfer/exports.ts'
import type { MessageId, SessionId, UserId } from '../../../shared/contract/ids.ts'
import { fileAsJson, sessionAsJson } from './export-json.ts'
import { sessionAsMarkdown } from './export-markdown.ts'

export type ExportFormat = 'json' | 'markdown'

/** A file that is made while it is read; when the reading stops, nothing more is made. */
export type FileInPieces = { name: string; mimeType: string; pieces: AsyncGenerator<string> }

/**
 * A session as a file: as JSON with all of its branches, as Markdown with the active one. An answer that is written
 * during the export counts as interrupted.
 *
 * @param now ISO 8601
 * @returns null when this user has no such session
 */
export async function exportSession(
  database: Database,
  { userId, id, format, now }: { userId: UserId; id: SessionId; format: ExportFormat; now: string },
): Promise<FileInPieces | null> {
  const outline = await readOutline(database, userId, id)
  if (!outline) {
    return null
  }
  const name = fileName(outline, format)
  return format === 'json'
    ? {
        name,
        mimeType: 'application/json',
        pieces: fileAsJson(now, one(toJson(database, outline))),
      }
    : { name, mimeType: 'text/markdown', pieces: toMarkdown(database, outline) }
}

/** These sessions in one JSON file; one that is deleted meanwhile is left out. */
export function exportSessions(
  database: Database,
  { userId, ids, now }: { userId: UserId; ids: readonly SessionId[]; now: string },
): AsyncGenerator<string> {
  async function* sessions() {
    for (const id of ids) {
      const outline = await readOutline(database, userId, id)
      if (outline) {
        yield toJson(database, outline)
      }
    }
  }
  return fileAsJson(now, sessions())
}

async function* one<T>(value: T): AsyncGenerator<T> {
  yield value
}

function toJson(database: Database, outline: SessionOutline): AsyncGenerator<string> {
  return sessionAsJson(outline, pages(database, outline.session.id, outline.messageIds))
}

async function* toMarkdown(database: Database, outline: SessionOutline): AsyncGenerator<string> {
  const { session, activeLeaf } = outline
  const ids = activeLeaf ? await readBranchIds(database, session.id, activeLeaf) : []
  yield* sessionAsMarkdown(session, pages(database, session.id, ids))
}

async function* pages(
  database: Database,
  sessionId: SessionId,
  ids: readonly MessageId[],
): AsyncGenerator<FullMessage[]> {
  let missing = ids.length
  for await (const page of readFullMessages(database, sessionId, ids)) {
    missing -= page.length
    yield page
  }
  // A file that is cut is known to be incomplete; one that lacks messages is not.
  if (missing > 0) throw new Error(`the session ${sessionId} was deleted while it was exported`)
}

/** The title in a form that all systems accept as a file name, with the day on which the session began. */
function fileName({ session }: SessionOutline, format: ExportFormat): string {
  const title = (session.title ?? '')
    .replaceAll(/[^\p{Letter}\p{Mark}\p{Number} _-]+/gu, ' ')
    .trim()
    .replaceAll(/\s+/g, '-')
  const short = [...title].slice(0, 60).join('').replace(/-+$/, '')
  const day = session.createdAt.slice(0, 10)
  return `${short || 'conversation'}-${day}.${format === 'json' ? 'json' : 'md'}`
}
