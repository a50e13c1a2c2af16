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

/** A file that is made while it is read: stop reading, and nothing more is made. */
export type FileInPieces = { name: string; mimeType: string; pieces: AsyncGenerator<string> }

/** Messages that are read, and held, at a time. */
const PAGE = 50

/**
 * A session as a file: as JSON with all of its branches, as Markdown the active one. What is being written while it
 * is exported counts as interrupted.
 *
 * @param now ISO 8601
 * @returns null when there is no such session of this user
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

/** Every one of these sessions in one JSON file; one that is deleted meanwhile is left out. */
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
  for (let index = 0; index < ids.length; index += PAGE) {
    const wanted = ids.slice(index, index + PAGE)
    const page = await readFullMessages(database, sessionId, wanted)
    if (page.length < wanted.length) {
      // A file that is cut says so; one that lacks messages does not.
      throw new Error(`the session ${sessionId} was deleted while it was exported`)
    }
    yield page
  }
}

/** The title as the systems of all readers take it for a file, with the day the session began. */
function fileName({ session }: SessionOutline, format: ExportFormat): string {
  const title = (session.title ?? '')
    .replaceAll(/[^\p{Letter}\p{Mark}\p{Number} _-]+/gu, ' ')
    .trim()
    .replaceAll(/\s+/g, '-')
  const short = [...title].slice(0, 60).join('').replace(/-+$/, '')
  const day = session.createdAt.slice(0, 10)
  return `${short || 'conversation'}-${day}.${format === 'json' ? 'json' : 'md'}`
}
