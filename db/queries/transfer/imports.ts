import { sql } from 'kysely'
import type { Insertable } from 'kysely'
import type { ExportedMessage, ExportedSession } from '../../../shared/contract/export.ts'
import type { RunId, UserId } from '../../../shared/contract/ids.ts'
import type { Db } from '../../engine/database.ts'
import type { Schema } from '../../schema.ts'
import { lookUp, rowsOf } from './import-rows.ts'
import type { TreeImport } from './import-rows.ts'

export type SessionImport = Omit<TreeImport, 'messages' | 'model' | 'behind'> & {
  /** The owner of the new session until the import is complete: see `importAtomically`. */
  owner: UserId
  /** The session in the file. Each parent comes before its children, and ids are unique. */
  session: ExportedSession
}

/** Inserts the session with its whole tree and an empty log; a reader begins with a snapshot at `seq` 0. */
export async function insertSessionTree(db: Db, imported: SessionImport): Promise<void> {
  await insertSession(db, imported)
  const { model, messages } = imported.session
  await insertMessageTree(db, { ...imported, model, messages })
}

export type BranchImport = Omit<SessionImport, 'session'> & {
  session: Omit<ExportedSession, 'messages'>
}

/**
 * The same for a session of a single branch, whose messages come in pages, oldest first: only a page of them is in memory.
 *
 * @returns the number of its messages
 */
export async function insertSessionBranch(
  db: Db,
  imported: BranchImport,
  pages: AsyncIterable<readonly ExportedMessage[]>,
): Promise<number> {
  await insertSession(db, imported)
  const { model } = imported.session
  const runIds = new Map<string, RunId>()
  let count = 0
  for await (const messages of withAnswers(pages)) {
    await insertMessageTree(db, { ...imported, model, messages, runIds })
    count += messages.length
  }
  return count
}

/** The pages, but with a question at the end of one on the next, because it gets the run of its answer. */
async function* withAnswers(
  pages: AsyncIterable<readonly ExportedMessage[]>,
): AsyncGenerator<ExportedMessage[]> {
  let held: ExportedMessage[] = []
  for await (const page of pages) {
    const messages = [...held, ...page]
    held = messages.at(-1)?.role === 'user' ? messages.splice(-1) : []
    yield messages
  }
  yield held
}

async function insertSession(db: Db, imported: BranchImport): Promise<void> {
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
      ...(session.tags && { tags: [...new Set(session.tags)] }),
      active_leaf: activeLeaf,
      // An imported summary counts as a summary of the whole active branch.
      summarised_leaf: session.summary === null ? null : activeLeaf,
      created_at: session.createdAt,
      updated_at: session.updatedAt,
      ended_at: session.endedAt,
      duration_ms: session.durationMs,
    })
    .execute()
}

/** Inserts messages into a session, with what the answers among them had called. */
export async function insertMessageTree(db: Db, imported: TreeImport): Promise<void> {
  for (const rows of rowsOf(imported)) {
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
