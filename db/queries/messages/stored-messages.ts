import { sql } from 'kysely'
import { isActive } from '../../../shared/contract/active.ts'
import type { RunError } from '../../../shared/contract/errors.ts'
import type { MessageId, RunId, SessionId } from '../../../shared/contract/ids.ts'
import type {
  Message,
  MessageStatus,
  Part,
  Rating,
  Usage,
  WaitsFor,
} from '../../../shared/contract/message.ts'
import type { Db } from '../../engine/database.ts'
import type { StoredPart } from '../../stored-values.ts'
import { findCalls } from './tool-calls.ts'

/** A message with the `seq` up to which its parts are complete. */
export type StoredMessage = { message: Message; partsSeq: number }

/** The siblings of a queued message, or of one without others of its role under the same parent. */
export const NO_SIBLINGS: Message['siblings'] = { index: 0, count: 1, previous: null, next: null }

/** The columns of a message that `assembleMessages` needs. */
export const messageColumns = [
  'id',
  'session_id',
  'parent_id',
  'role',
  'parts',
  'parts_seq',
  'status',
  'run_id',
  'model',
  'usage',
  'error',
  'created_at',
  'rating',
  'rating_comment',
  'joined_part',
  'waits_for',
] as const

type MessageRow = {
  id: MessageId
  session_id: SessionId
  parent_id: MessageId | null
  role: Message['role']
  parts: StoredPart[]
  parts_seq: number
  status: MessageStatus
  run_id: RunId | null
  model: string | null
  usage: Usage | null
  error: RunError | null
  created_at: string
  rating: Rating | null
  rating_comment: string | null
  joined_part: number | null
  waits_for: (WaitsFor & { seq: number }) | null
}

/** Inserts the tool calls into the parts, and fills in each message's siblings. */
export async function assembleMessages(
  db: Db,
  rows: MessageRow[],
  known?: Map<MessageId, Message['siblings']>,
): Promise<StoredMessage[]> {
  if (rows.length === 0) {
    return []
  }
  const calls = await findCalls(
    db,
    rows.flatMap((row) => row.parts.flatMap((part) => (part.type === 'tool' ? [part.id] : []))),
  )
  const siblings = known ?? (await readSiblings(db, rows))
  const endings = await readEndings(db, rows)
  const joins = await readJoins(db, rows)
  return rows.map((row) => {
    const { finish, notes } = endings.get(row.id) ?? {}
    const joinedRun = joins.get(row.id)
    return {
      partsSeq: row.parts_seq,
      message: {
        id: row.id,
        sessionId: row.session_id,
        parentId: row.parent_id,
        role: row.role,
        parts: row.parts.flatMap((part): Part[] => {
          if (part.type !== 'tool') {
            return [part]
          }
          const call = calls.get(part.id)
          return call ? [{ type: 'tool', call }] : []
        }),
        createdAt: row.created_at,
        runId: row.run_id,
        status: row.status,
        siblings: siblings.get(row.id) ?? NO_SIBLINGS,
        model: row.model,
        usage: row.usage,
        error: row.error,
        ...(finish && { finish }),
        ...(notes && { notes }),
        ...(row.rating && { rating: row.rating }),
        ...(row.rating_comment && { ratingComment: row.rating_comment }),
        ...(row.joined_part !== null && { joinedPart: row.joined_part }),
        ...(joinedRun && { joins: joinedRun }),
        ...waitsForIn(row),
      },
    }
  })
}

/** The retry that an answer waits for, unless the answer has gone on since. */
function waitsForIn({ status, parts_seq: partsSeq, waits_for: waits }: MessageRow) {
  if (waits === null || status !== 'running' || partsSeq > waits.seq) {
    return {}
  }
  const { seq: _, ...waitsFor } = waits
  return { waitsFor }
}

type Ending = Pick<Message, 'finish' | 'notes'>

/** The endings of the ended answers among these that did not end normally or that have notes. */
async function readEndings(db: Db, rows: MessageRow[]): Promise<Map<MessageId, Ending>> {
  const ids = rows.flatMap((row) => (row.role === 'assistant' && !isActive(row) ? [row.id] : []))
  if (ids.length === 0) {
    return new Map()
  }
  const { rows: ended } = await sql<{
    id: MessageId
    finish: Message['finish'] | null
    notes: string[] | null
  }>`
    select
      messages.id,
      case when messages.status = 'completed' and finish <> 'stop' then finish end as finish,
      notes
    from messages join runs on runs.id = messages.run_id
    where messages.id = any(${ids}::uuid[]) and (finish <> 'stop' or notes is not null)`.execute(db)
  return new Map(
    ended.map(({ id, finish, notes }) => [
      id,
      { ...(finish && { finish }), ...(notes && { notes }) },
    ]),
  )
}

/** The runs whose answers the queued ones among these messages join. */
async function readJoins(db: Db, rows: MessageRow[]): Promise<Map<MessageId, RunId>> {
  const ids = rows.flatMap((row) => (row.status === 'queued' && row.run_id ? [row.run_id] : []))
  if (ids.length === 0) {
    return new Map()
  }
  const { rows: steering } = await sql<{ id: MessageId; steers: RunId }>`
    select question_id as id, steers from runs
    where id = any(${ids}::uuid[]) and steers is not null`.execute(db)
  return new Map(steering.map(({ id, steers }) => [id, steers]))
}

/**
 * Siblings are the messages of the same role under the same parent, in order of creation. Only those families are read,
 * so that a page costs the same in a session of ten messages and of ten thousand.
 */
async function readSiblings(
  db: Db,
  rows: MessageRow[],
): Promise<Map<MessageId, Message['siblings']>> {
  const parentIds = [...new Set(rows.flatMap(({ parent_id: id }) => (id ? [id] : [])))]
  const rootsOf = [
    ...new Set(rows.flatMap((row) => (row.parent_id === null ? [row.session_id] : []))),
  ]
  const { rows: placed } = await sql<{
    id: MessageId
    index: number
    count: number
    previous: MessageId | null
    next: MessageId | null
  }>`
    select id, index - 1 as index, count, previous, next from (
      select id,
        row_number() over siblings as index,
        count(*) over (partition by session_id, parent_id, role) as count,
        lag(id) over siblings as previous,
        lead(id) over siblings as next
      from messages
      where status <> 'queued' and (parent_id = any(${parentIds}::uuid[])
        or parent_id is null and session_id = any(${rootsOf}::uuid[]))
      window siblings as (partition by session_id, parent_id, role order by created_at, id)
    ) as family
    where count > 1 and id = any(${rows.map((row) => row.id)}::uuid[])`.execute(db)
  return new Map(placed.map(({ id, ...place }) => [id, place]))
}
