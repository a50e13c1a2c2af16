import { sql } from 'kysely'
import type { RunError } from '../../../shared/contract/errors.ts'
import type { MessageId, RunId, SessionId, UserId } from '../../../shared/contract/ids.ts'
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
import { NO_SIBLINGS, assembleMessages, messageColumns } from './stored-messages.ts'
import type { StoredMessage } from './stored-messages.ts'

export type NewMessage = {
  id: MessageId
  sessionId: SessionId
  userId: UserId
  parentId: MessageId | null
  role: Message['role']
  parts: StoredPart[]
  /** The `seq` of the event that announces the message. */
  partsSeq: number
  status: MessageStatus
  runId: RunId
  model: string | null
  createdAt: string
}

/** Stores a message and returns it as readers see it. */
export async function insertMessage(transaction: Db, message: NewMessage): Promise<Message> {
  const { siblings } = await transaction
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
    .returning(hasSiblings(message).as('siblings'))
    .executeTakeFirstOrThrow()
  if (siblings || message.parts.some(({ type }) => type === 'tool')) {
    const stored = await findMessage(transaction, message.userId, message.id)
    if (!stored) {
      throw new Error(`message ${message.id} is gone in the transaction that made it`)
    }
    return stored.message
  }
  return asRead(message)
}

/** A new message in the readers' form: without calls and siblings. */
export function asRead({ userId: _user, partsSeq: _seq, parts, ...message }: NewMessage): Message {
  return {
    ...message,
    parts: parts.flatMap((part) => (part.type === 'tool' ? [] : [part])),
    siblings: NO_SIBLINGS,
    usage: null,
    error: null,
  }
}

/** True when a message that is not stored yet has siblings. Only the messages under its parent are read. */
function hasSiblings({ sessionId, parentId, role, status }: NewMessage) {
  const under =
    parentId === null ? sql`other.parent_id is null` : sql`other.parent_id = ${parentId}`
  return sql<boolean>`(${status} <> 'queued' and exists (select from messages as other
    where ${under} and other.session_id = ${sessionId} and other.role = ${role} and other.status <> 'queued'))`
}

export type MessageChange = {
  parentId?: MessageId | null
  runId?: RunId
  joinedPart?: number
  status?: MessageStatus
  parts?: { stored: StoredPart[]; seq: number }
  usage?: Usage | null
  error?: RunError | null
  waitsFor?: WaitsFor & { seq: number }
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
      ...(change.runId !== undefined && { run_id: change.runId }),
      ...(change.joinedPart !== undefined && { joined_part: change.joinedPart }),
      ...(change.status !== undefined && { status: change.status }),
      ...(parts && {
        parts: JSON.stringify(parts.stored),
        parts_seq: parts.seq,
        text: searchText(parts.stored),
      }),
      ...(change.usage !== undefined && { usage: change.usage && JSON.stringify(change.usage) }),
      ...(change.error !== undefined && { error: change.error && JSON.stringify(change.error) }),
      ...(change.waitsFor && { waits_for: JSON.stringify(change.waitsFor) }),
      id,
    })
    .where('id', '=', id)
    .execute()
}

/** Gives an answer that ended to a run that continues it. */
export async function continueMessage(
  transaction: Db,
  id: MessageId,
  { runId, seq }: { runId: RunId; seq: number },
): Promise<void> {
  await transaction
    .updateTable('messages')
    .set({
      status: 'running',
      run_id: runId,
      earlier_runs: sql<RunId[]>`array_append(earlier_runs, run_id)`,
      error: null,
      parts_seq: seq,
    })
    .where('id', '=', id)
    .execute()
}

/** True when the message has children, on any branch. */
export async function hasFollowers(db: Db, id: MessageId): Promise<boolean> {
  const row = await db
    .selectFrom('messages')
    .select('id')
    .where('parent_id', '=', id)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

export async function rateMessage(
  transaction: Db,
  id: MessageId,
  rating: Rating | null,
  comment: string | null,
): Promise<void> {
  await transaction
    .updateTable('messages')
    .set({ rating, rating_comment: comment })
    .where('id', '=', id)
    .execute()
}

/** The message with this id; null when it does not exist or belongs to another user. */
export async function findMessage(
  db: Db,
  userId: UserId,
  id: MessageId,
): Promise<StoredMessage | null> {
  const rows = await db
    .selectFrom('messages')
    .select(messageColumns)
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .execute()
  return (await assembleMessages(db, rows))[0] ?? null
}

/**
 * These messages of a session, in no particular order; deleted ones are left out. Siblings are not filled in: finding
 * them reads the whole session, and a caller that pages through a session reads them anyway.
 */
export async function readMessages(
  db: Db,
  sessionId: SessionId,
  ids: readonly MessageId[],
): Promise<StoredMessage[]> {
  const rows = await db
    .selectFrom('messages')
    .select(messageColumns)
    .where('session_id', '=', sessionId)
    .where(sql<boolean>`id = any(${ids}::uuid[])`)
    .execute()
  return assembleMessages(db, rows, new Map())
}

/** Returns true when the id is taken by any user's message, or by an answer that has not begun. */
export async function messageExists(db: Db, id: MessageId): Promise<boolean> {
  const { rows } = await sql`
    select id from messages where id = ${id}
    union all
    select message_id from runs where message_id = ${id}`.execute(db)
  return rows.length > 0
}

/** Every message in the tree of a session. */
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

/** The queued messages of a session, in the order in which they will be answered. */
export async function readQueued(
  db: Db,
  ...sessionIds: readonly SessionId[]
): Promise<StoredMessage[]> {
  const rows = await db
    .selectFrom('messages')
    .innerJoin('runs', 'runs.id', 'messages.run_id')
    .select(messageColumns.map((column) => `messages.${column}` as const))
    .where(sql<boolean>`messages.session_id = any(${sessionIds}::uuid[])`)
    .where('messages.status', '=', 'queued')
    .orderBy('runs.place')
    .execute()
  return assembleMessages(db, rows)
}

/** The number of queued messages of a session, and the total length of their texts in characters. */
export async function measureQueue(
  db: Db,
  sessionId: SessionId,
): Promise<{ count: number; length: number }> {
  return db
    .selectFrom('messages')
    .select([
      sql<number>`count(*)::int`.as('count'),
      sql<number>`coalesce(sum(length(text)), 0)::int`.as('length'),
    ])
    .where('session_id', '=', sessionId)
    .where('status', '=', 'queued')
    .executeTakeFirstOrThrow()
}

/**
 * Deletes queued messages of a session and their runs, and remembers that they were taken back.
 *
 * @param id of one of them; all when absent
 * @returns the number of deleted messages
 */
export async function deleteQueued(
  transaction: Db,
  sessionId: SessionId,
  id?: MessageId,
): Promise<number> {
  const { rows } = await sql`
    with taken as (
      delete from messages where session_id = ${sessionId} and status = 'queued'
        and ${id ? sql`id = ${id}` : sql`true`}
      returning id, octet_length(text) as bytes
    ), told as (
      -- The log keeps what they said.
      update sessions set change_bytes = change_bytes + coalesce((select sum(bytes) from taken), 0)
      where id = ${sessionId} and exists (select from taken)
    )
    insert into withdrawn_messages (id, session_id) select id, ${sessionId}::uuid from taken
    on conflict do nothing returning id`.execute(transaction)
  return rows.length
}

/** Records the id of a message that is not made, because a queued one was changed in its place. */
export async function withdrawId(
  transaction: Db,
  sessionId: SessionId,
  id: MessageId,
): Promise<void> {
  await sql`
    insert into withdrawn_messages (id, session_id) values (${id}, ${sessionId})
    on conflict do nothing`.execute(transaction)
}

/** True for a queued message that was taken back: its id must not be answered again. */
export async function isWithdrawn(db: Db, id: MessageId): Promise<boolean> {
  const row = await db
    .selectFrom('withdrawn_messages')
    .select('id')
    .where('id', '=', id)
    .executeTakeFirst()
  return row !== undefined
}

export function toStoredPart(part: Part): StoredPart {
  return part.type === 'tool' ? { type: 'tool', id: part.call.id } : part
}

/** The text that search indexes, with the names of files. Postgres cannot store U+0000 in a `text` column. */
export function searchText(parts: StoredPart[]): string {
  return parts
    .flatMap((part) =>
      part.type === 'text' ? [part.text] : part.type === 'file' ? [part.file.name] : [],
    )
    .join('\n')
    .replaceAll('\u0000', '')
}
