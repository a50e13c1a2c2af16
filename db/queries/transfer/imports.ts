import { sql } from 'kysely'
import type { Insertable } from 'kysely'
import type { ExportedMessage, ExportedSession } from '../../../shared/contract/export.ts'
import { CallId, RunId } from '../../../shared/contract/ids.ts'
import type { MessageId, SessionId, UserId } from '../../../shared/contract/ids.ts'
import type { Db } from '../../engine/database.ts'
import { searchText } from '../messages/messages.ts'
import type { MessageTable, Schema } from '../../schema.ts'
import type { RunTable, StepTable, ToolCallTable } from '../../schema-runs.ts'
import type { StoredPart } from '../../stored-values.ts'

export type SessionImport = {
  userId: UserId
  /** The owner of the new session until the import is complete: see `importAtomically`. */
  owner: UserId
  /** The id of the new session. */
  id: SessionId
  /** The session in the file. Each parent comes before its children, and ids are unique. */
  session: ExportedSession
  /** The id of each new message, by its id in the file. */
  messageIds: ReadonlyMap<string, MessageId>
  newId: () => string
  /** ISO 8601. */
  now: string
}

/** The most rows of one statement, and the most JSON in UTF-16 units unless a single row is longer. */
const SLICE = { rows: 200, length: 64 * 1024 }

/** Inserts the session with its whole tree and an empty log; a reader begins with a snapshot at `seq` 0. */
export async function insertSessionTree(db: Db, imported: SessionImport): Promise<void> {
  const { session, messageIds } = imported
  const activeLeaf = session.activeLeaf === null ? null : lookUp(messageIds, session.activeLeaf)
  await db
    .insertInto('sessions')
    .values({
      id: imported.id,
      user_id: imported.owner,
      title: session.title,
      title_source: session.titleSource,
      summary: session.summary,
      status: session.status,
      model: session.model,
      system_prompt: session.systemPrompt,
      pinned: session.pinned,
      archived: session.archived,
      active_leaf: activeLeaf,
      // An imported summary counts as a summary of the whole active branch.
      summarised_leaf: session.summary === null ? null : activeLeaf,
      created_at: session.createdAt,
      updated_at: session.updatedAt,
      ended_at: session.endedAt,
      duration_ms: session.durationMs,
    })
    .execute()
  for (const rows of slices(imported)) {
    await insertRows(db, 'messages', rows.messages)
    await insertRows(db, 'runs', rows.runs)
    await insertRows(db, 'steps', rows.steps)
    await insertRows(db, 'tool_calls', rows.calls)
  }
}

/** The types of the columns that are not text. */
const TYPES = {
  uuid: ['id', 'session_id', 'user_id', 'parent_id', 'run_id', 'question_id', 'message_id'],
  bigint: ['step', 'parts_end', 'part', 'attempt', 'parts_seq', 'duration_ms', 'joined_part'],
  timestamptz: ['created_at', 'started_at', 'ended_at', 'compacted_at'],
}
const JSON_COLUMNS = {
  messages: ['parts', 'usage', 'error'],
  runs: ['usage', 'error'],
  steps: ['usage', 'provider_state'],
  tool_calls: ['input', 'output', 'files', 'file_notes'],
}

function typeOf(table: keyof typeof JSON_COLUMNS, column: string): string {
  if (JSON_COLUMNS[table].includes(column)) {
    return 'json'
  }
  return Object.entries(TYPES).find(([, columns]) => columns.includes(column))?.[0] ?? 'text'
}

/**
 * One parameter per column, because a statement with thousands of parameters takes this process long to build. Not one
 * JSON parameter: Postgres would have to parse it, and rejects U+0000, which messages may contain.
 */
async function insertRows<Table extends keyof typeof JSON_COLUMNS>(
  db: Db,
  table: Table,
  rows: readonly Insertable<Schema[Table]>[],
): Promise<void> {
  const [first] = rows
  if (!first) {
    return
  }
  const columns = Object.keys(first)
  const names = sql.join(columns.map((name) => sql.ref(name)))
  const values = columns.map(
    (name) => sql`${rows.map((row) => toText(Reflect.get(row, name)))}::text[]`,
  )
  const typed = columns.map((name) => sql`${sql.ref(name)}::${sql.raw(typeOf(table, name))}`)
  await sql`insert into ${sql.table(table)} (${names})
    select ${sql.join(typed)} from unnest(${sql.join(values)}) as given (${names})`.execute(db)
}

function toText(value: unknown): string | null {
  switch (typeof value) {
    case 'string':
      return value
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value)
    case 'undefined':
      return null
    default:
      if (value !== null) {
        throw new TypeError('A row of an import holds a value that is neither text nor a number')
      }
      return null
  }
}

type Rows = {
  messages: Insertable<MessageTable>[]
  runs: Insertable<RunTable>[]
  steps: Insertable<StepTable>[]
  calls: Insertable<ToolCallTable>[]
}

/** Yields the rows in bounded slices; each row comes with or after the rows that it references. */
function* slices(imported: SessionImport): Generator<Rows> {
  const runIds = newRunIds(imported)
  let rows = noRows()
  let length = 0
  for (const message of imported.session.messages) {
    const parts = message.parts.map((part): StoredPart =>
      part.type === 'tool' ? { type: 'tool', id: CallId.parse(imported.newId()) } : part,
    )
    const row = toMessageRow(imported, message, parts, runIds.get(message.id) ?? null)
    rows.messages.push(row)
    if (message.role === 'assistant' && message.run) {
      addRun(rows, imported, message, parts, lookUp(runIds, message.id))
    }
    length += row.parts?.length ?? 0
    if (length >= SLICE.length || rows.messages.length >= SLICE.rows) {
      yield rows
      rows = noRows()
      length = 0
    }
  }
  yield rows
}

function noRows(): Rows {
  return { messages: [], runs: [], steps: [], calls: [] }
}

/** New ids of runs: one for each answer that has a run. A question gets the run of its first answer. */
function newRunIds({ session, newId }: SessionImport): Map<string, RunId> {
  const runIds = new Map<string, RunId>()
  for (const message of session.messages) {
    if (message.role === 'assistant' && message.run) {
      const runId = RunId.parse(newId())
      runIds.set(message.id, runId)
      if (message.parentId !== null && !runIds.has(message.parentId)) {
        runIds.set(message.parentId, runId)
      }
    } else if (message.role === 'user' && message.joinedPart !== undefined) {
      // Answers stand before what joined them.
      const runId = message.parentId === null ? undefined : runIds.get(message.parentId)
      if (runId) {
        runIds.set(message.id, runId)
      }
    }
  }
  return runIds
}

function toMessageRow(
  { userId, id, messageIds }: SessionImport,
  message: ExportedMessage,
  parts: StoredPart[],
  runId: RunId | null,
): Insertable<MessageTable> {
  const answer = message.role === 'assistant' ? message : null
  return {
    id: lookUp(messageIds, message.id),
    session_id: id,
    user_id: userId,
    parent_id: message.parentId === null ? null : lookUp(messageIds, message.parentId),
    role: message.role,
    parts: JSON.stringify(parts),
    parts_seq: 0,
    text: searchText(parts),
    status: answer?.status ?? 'completed',
    run_id: runId,
    model: answer?.model ?? null,
    usage: answer?.usage ? JSON.stringify(answer.usage) : null,
    error: answer?.error ? JSON.stringify(answer.error) : null,
    created_at: message.createdAt,
    rating: answer?.rating ?? null,
    rating_comment: answer?.ratingComment ?? null,
    joined_part: message.role === 'user' && runId ? (message.joinedPart ?? null) : null,
  }
}

function addRun(
  rows: Rows,
  { userId, id: sessionId, session, messageIds, now }: SessionImport,
  message: Extract<ExportedMessage, { role: 'assistant' }>,
  parts: readonly StoredPart[],
  runId: RunId,
): void {
  const { run } = message
  if (!run || message.parentId === null) {
    return
  }
  const messageId = lookUp(messageIds, message.id)
  rows.runs.push({
    id: runId,
    session_id: sessionId,
    user_id: userId,
    question_id: lookUp(messageIds, message.parentId),
    message_id: messageId,
    status: message.status,
    attempt: 1,
    model: message.model ?? session.model ?? 'unknown',
    finish: run.finish,
    // The usage was paid for elsewhere, or is already counted here, so the run has none. The message still shows it.
    usage: null,
    error: message.error ? JSON.stringify(message.error) : null,
    created_at: message.createdAt,
    started_at: run.startedAt,
    ended_at: run.endedAt,
    compacted_at: now,
  })
  for (const step of run.steps) {
    rows.steps.push({
      run_id: runId,
      step: step.step,
      parts_end: step.partsEnd,
      model: step.model,
      finish: step.finish,
      usage: step.usage && JSON.stringify(step.usage),
      provider_state: null,
    })
  }
  for (const [index, part] of message.parts.entries()) {
    const stored = parts[index]
    if (part.type === 'tool' && stored?.type === 'tool') {
      const { call } = part
      rows.calls.push({
        id: stored.id,
        run_id: runId,
        session_id: sessionId,
        user_id: userId,
        message_id: messageId,
        step: call.step,
        part: index,
        provider_id: call.providerId,
        name: call.name,
        source: call.source,
        effect: call.effect,
        status: call.status,
        arguments: call.arguments,
        input: JSON.stringify(call.input) ?? null,
        output: call.output === undefined ? null : JSON.stringify(call.output),
        error: call.error ?? null,
        started_at: call.startedAt ?? null,
        duration_ms: call.durationMs ?? null,
        files: call.files ? JSON.stringify(call.files) : null,
        file_notes: call.fileNotes ? JSON.stringify(call.fileNotes) : null,
      })
    }
  }
}

function lookUp<Id>(ids: ReadonlyMap<string, Id>, localId: string): Id {
  const id = ids.get(localId)
  if (id === undefined) {
    throw new Error(`the message ${localId} is referred to and not there`)
  }
  return id
}
