import type { Insertable } from 'kysely'
import type { ExportedMessage } from '../../../shared/contract/export.ts'
import { CallId, RunId } from '../../../shared/contract/ids.ts'
import type { MessageId, SessionId, UserId } from '../../../shared/contract/ids.ts'
import type { MessageTable } from '../../schema.ts'
import type { RunTable, StepTable, ToolCallTable } from '../../schema-runs.ts'
import type { StoredPart } from '../../stored-values.ts'
import { searchText } from '../messages/messages.ts'

/** Messages to insert, with the parts of their session that they need. */
export type TreeImport = {
  userId: UserId
  /** The session. */
  id: SessionId
  /** The id of each new message, by its id in the file. */
  messageIds: ReadonlyMap<string, MessageId>
  newId: () => string
  /** ISO 8601. */
  now: string
  /** Each parent comes before its children, and ids are unique. */
  messages: readonly ExportedMessage[]
  /** The model of answers that name none. */
  model: string | null
  /** For an existing session: the message that they follow, and their place in its log. */
  behind?: { leaf: MessageId | null; seq: number }
  /** For a tree that comes in parts: the runs by the ids of messages, to which each part adds its own. */
  runIds?: Map<string, RunId>
}

/** The most rows of one statement, and the most JSON in UTF-16 units unless a single row is longer. */
const SLICE = { rows: 200, length: 64 * 1024 }

type Rows = {
  messages: Insertable<MessageTable>[]
  runs: Insertable<RunTable>[]
  steps: Insertable<StepTable>[]
  calls: Insertable<ToolCallTable>[]
}

/** Yields the rows in bounded slices; each row comes with or after the rows that it references. */
export function* rowsOf(imported: TreeImport): Generator<Rows> {
  const runIds = newRunIds(imported)
  let rows = noRows()
  let length = 0
  for (const message of imported.messages) {
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
function newRunIds({ messages, newId, runIds = new Map() }: TreeImport): Map<string, RunId> {
  for (const message of messages) {
    if (message.role === 'assistant' && message.run) {
      const runId = RunId.parse(newId())
      runIds.set(message.id, runId)
      if (message.parentId !== null && !runIds.has(message.parentId)) {
        runIds.set(message.parentId, runId)
      }
    } else if (message.role === 'user' && message.joinedPart !== undefined) {
      // Each answer comes before the messages that joined it.
      const runId = message.parentId === null ? undefined : runIds.get(message.parentId)
      if (runId) {
        runIds.set(message.id, runId)
      }
    }
  }
  return runIds
}

function toMessageRow(
  { userId, id, messageIds, behind }: TreeImport,
  message: ExportedMessage,
  parts: StoredPart[],
  runId: RunId | null,
): Insertable<MessageTable> {
  const answer = message.role === 'assistant' ? message : null
  return {
    id: lookUp(messageIds, message.id),
    session_id: id,
    user_id: userId,
    parent_id:
      message.parentId === null ? (behind?.leaf ?? null) : lookUp(messageIds, message.parentId),
    role: message.role,
    parts: JSON.stringify(parts),
    parts_seq: behind?.seq ?? 0,
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
  { userId, id: sessionId, model, messageIds, now, behind }: TreeImport,
  message: Extract<ExportedMessage, { role: 'assistant' }>,
  parts: readonly StoredPart[],
  runId: RunId,
): void {
  const { run } = message
  const { parentId } = message
  const questionId = parentId === null ? behind?.leaf : lookUp(messageIds, parentId)
  if (!run || !questionId) {
    return
  }
  const messageId = lookUp(messageIds, message.id)
  rows.runs.push({
    id: runId,
    session_id: sessionId,
    user_id: userId,
    question_id: questionId,
    message_id: messageId,
    status: message.status,
    attempt: 1,
    model: message.model ?? model ?? 'unknown',
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

export function lookUp<Id>(ids: ReadonlyMap<string, Id>, localId: string): Id {
  const id = ids.get(localId)
  if (id === undefined) {
    throw new Error(`the message ${localId} is referred to and not there`)
  }
  return id
}
