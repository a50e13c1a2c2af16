import { sql } from 'kysely'
import type { RunError } from '../shared/contract/errors.ts'
import type { MessageId, RunId, SessionId, UserId } from '../shared/contract/ids.ts'
import type { Message, MessageStatus, Part, Usage } from '../shared/contract/message.ts'
import type { Db } from './database.ts'
import type { StoredPart } from './schema.ts'
import { findCalls, readOutputLengths } from './tool-calls.ts'

/** A message with the log position up to which its parts are true. */
export type StoredMessage = { message: Message; partsSeq: number }

export type NewMessage = {
  id: MessageId
  sessionId: SessionId
  userId: UserId
  parentId: MessageId | null
  role: Message['role']
  parts: StoredPart[]
  /** The log position of the event that tells of the message. */
  partsSeq: number
  status: MessageStatus
  runId: RunId
  model: string | null
  createdAt: string
}

export async function insertMessage(transaction: Db, message: NewMessage): Promise<void> {
  await transaction
    .insertInto('messages')
    .values({
      id: message.id,
      session_id: message.sessionId,
      user_id: message.userId,
      parent_id: message.parentId,
      role: message.role,
      parts: JSON.stringify(message.parts),
      parts_seq: message.partsSeq,
      text: searchText(message.parts),
      status: message.status,
      run_id: message.runId,
      model: message.model,
      usage: null,
      error: null,
      created_at: message.createdAt,
    })
    .execute()
}

export type MessageChange = {
  parentId?: MessageId | null
  status?: MessageStatus
  parts?: { stored: StoredPart[]; seq: number }
  usage?: Usage | null
  error?: RunError | null
}

export async function updateMessage(
  transaction: Db,
  id: MessageId,
  change: MessageChange,
): Promise<void> {
  const { parts } = change
  await transaction
    .updateTable('messages')
    .set({
      ...(change.parentId !== undefined && { parent_id: change.parentId }),
      ...(change.status !== undefined && { status: change.status }),
      ...(parts && {
        parts: JSON.stringify(parts.stored),
        parts_seq: parts.seq,
        text: searchText(parts.stored),
      }),
      ...(change.usage !== undefined && { usage: change.usage && JSON.stringify(change.usage) }),
      ...(change.error !== undefined && { error: change.error && JSON.stringify(change.error) }),
      id,
    })
    .where('id', '=', id)
    .execute()
}

/** The message with this id, whoever's it is: null when there is none, or it is not this person's. */
export async function findMessage(
  db: Db,
  userId: UserId,
  id: MessageId,
): Promise<StoredMessage | null> {
  const rows = await db
    .selectFrom('messages')
    .select(columns)
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .execute()
  return (await assemble(db, rows))[0] ?? null
}

/**
 * These messages of a session, in no order; one that is gone is left out. Each as if it had no siblings: finding them
 * takes the whole session, and who reads it page by page has them all.
 */
export async function readMessages(
  db: Db,
  sessionId: SessionId,
  ids: readonly MessageId[],
): Promise<StoredMessage[]> {
  const rows = await db
    .selectFrom('messages')
    .select(columns)
    .where('session_id', '=', sessionId)
    .where(sql<boolean>`id = any(${ids}::uuid[])`)
    .execute()
  return assemble(db, rows, new Map())
}

/** Whether the id is taken, by whomever. */
export async function messageExists(db: Db, id: MessageId): Promise<boolean> {
  return (
    (await db.selectFrom('messages').select('id').where('id', '=', id).executeTakeFirst()) !==
    undefined
  )
}

export type BranchPage = {
  sessionId: SessionId
  /** The page ends at this message. */
  leaf: MessageId
  limit: number
  /** How many UTF-16 units of stored parts to return at the most, one message always. */
  maxLength?: number
  /** Whether what tools answered counts too, an eighth of its length: it is sent along, and may be pictures. */
  countsOutputs?: boolean
}

/** The messages that lead to `leaf`, oldest first, and whether older ones stand before them. */
export async function readBranch(
  db: Db,
  {
    sessionId,
    leaf,
    limit,
    maxLength = Number.POSITIVE_INFINITY,
    countsOutputs = false,
  }: BranchPage,
): Promise<{ messages: StoredMessage[]; hasOlder: boolean }> {
  const rows = await db
    .withRecursive('branch', (cte) =>
      cte
        .selectFrom('messages')
        .select([...columns, sql<number>`1`.as('depth')])
        .where('id', '=', leaf)
        .where('session_id', '=', sessionId)
        .unionAll(
          cte
            .selectFrom('messages')
            .innerJoin('branch', 'branch.parent_id', 'messages.id')
            .select([
              ...columns.map((column) => `messages.${column}` as const),
              sql<number>`branch.depth + 1`.as('depth'),
            ])
            .where('branch.depth', '<=', limit),
        ),
    )
    .selectFrom('branch')
    .select(columns)
    .orderBy('depth')
    .execute()
  const outputs = countsOutputs
    ? await readOutputLengths(
        db,
        rows.map(({ id }) => id),
      )
    : new Map<MessageId, number>()
  let length = 0
  const page = rows.slice(0, limit).filter((row, index) => {
    length += JSON.stringify(row.parts).length + (outputs.get(row.id) ?? 0) / 8
    return index === 0 || length <= maxLength
  })
  return { messages: await assemble(db, page.reverse()), hasOlder: page.length < rows.length }
}

/** How many messages of a person lead to `leaf`, it included. */
export async function countQuestions(
  db: Db,
  sessionId: SessionId,
  leaf: MessageId,
): Promise<number> {
  const { rows } = await sql<{ questions: number }>`
    with recursive branch as (
      select id, parent_id, role from messages where id = ${leaf} and session_id = ${sessionId}
      union all
      select messages.id, messages.parent_id, messages.role
      from messages join branch on branch.parent_id = messages.id
    )
    select count(*) filter (where role = 'user') as questions from branch`.execute(db)
  return rows[0]?.questions ?? 0
}

/** Every message of a session that has its place in the tree. */
export async function readTree(
  db: Db,
  sessionId: SessionId,
): Promise<{ id: MessageId; parentId: MessageId | null; createdAt: string }[]> {
  return db
    .selectFrom('messages')
    .select(['id', 'parent_id as parentId', 'created_at as createdAt'])
    .where('session_id', '=', sessionId)
    .where('status', '<>', 'queued')
    .execute()
}

/** The messages of a session that wait for their turn, in the order in which they will be answered. */
export async function readQueued(db: Db, sessionId: SessionId): Promise<StoredMessage[]> {
  const rows = await db
    .selectFrom('messages')
    .innerJoin('runs', 'runs.id', 'messages.run_id')
    .select(columns.map((column) => `messages.${column}` as const))
    .where('messages.session_id', '=', sessionId)
    .where('messages.status', '=', 'queued')
    .orderBy('runs.place')
    .execute()
  return assemble(db, rows)
}

/**
 * Deletes the messages of a session that wait, and with them their runs.
 *
 * @param id one of them; all when absent
 * @returns how many there were
 */
export async function deleteQueued(
  transaction: Db,
  sessionId: SessionId,
  id?: MessageId,
): Promise<number> {
  let query = transaction
    .deleteFrom('messages')
    .where('session_id', '=', sessionId)
    .where('status', '=', 'queued')
  if (id) {
    query = query.where('id', '=', id)
  }
  const { numDeletedRows } = await query.executeTakeFirst()
  return Number(numDeletedRows)
}

const columns = [
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
}

/** Puts the tool calls into the parts, and each message among its siblings. */
async function assemble(
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
  return rows.map((row) => ({
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
      siblings: siblings.get(row.id) ?? { index: 0, count: 1, previous: null, next: null },
      model: row.model,
      usage: row.usage,
      error: row.error,
    },
  }))
}

/** A message's siblings are those of its role under the same parent, in the order of their making. */
async function readSiblings(
  db: Db,
  rows: MessageRow[],
): Promise<Map<MessageId, Message['siblings']>> {
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
      where session_id = any(${[...new Set(rows.map((row) => row.session_id))]}::uuid[]) and status <> 'queued'
      window siblings as (partition by session_id, parent_id, role order by created_at, id)
    ) as family
    where count > 1 and id = any(${rows.map((row) => row.id)}::uuid[])`.execute(db)
  return new Map(placed.map(({ id, ...place }) => [id, place]))
}

export function toStoredPart(part: Part): StoredPart {
  return part.type === 'tool' ? { type: 'tool', id: part.call.id } : part
}

/** What search looks through. U+0000 cannot stand in a `text` column. */
export function searchText(parts: StoredPart[]): string {
  return parts
    .flatMap((part) => (part.type === 'text' ? [part.text] : []))
    .join('\n')
    .replaceAll('\u0000', '')
}
