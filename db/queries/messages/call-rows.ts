import { sql } from 'kysely'
import type { Selectable } from 'kysely'
import type { MessageId, RunId, SessionId, UserId } from '../../../shared/contract/ids.ts'
import type { ToolCall } from '../../../shared/contract/tool.ts'
import type { ToolCallTable } from '../../schema-runs.ts'
import type { StoredTask } from '../../stored-values.ts'

/** A tool call with the fields that a run needs beyond those that readers see. */
export type StoredCall = {
  call: ToolCall
  step: number
  part: number
  /** The provider's id of the call. */
  providerId: string
  /** The arguments as the model wrote them. */
  arguments: string
  /** A hash of what a person is asked to approve; null when no approval is needed. */
  approvalHash: string | null
  /** The node that executes the call apart from its run, because a person asked for a retry, or that last did. */
  owner?: string | null
  /** The task at the tool's server that carries the call out. */
  task?: StoredTask | null
  /** For a new call: the time that its client has, in seconds; null for no limit. */
  waitSeconds?: number | null
}

export type NewCall = StoredCall & {
  runId: RunId
  sessionId: SessionId
  userId: UserId
  messageId: MessageId
}

export function toCallRow({ call, ...place }: NewCall) {
  return {
    id: call.id,
    run_id: place.runId,
    session_id: place.sessionId,
    user_id: place.userId,
    message_id: place.messageId,
    step: place.step,
    part: place.part,
    provider_id: place.providerId,
    name: call.name,
    source: call.source,
    effect: call.effect,
    arguments: place.arguments,
    approval_hash: place.approvalHash,
    deadline_at: sql<
      string | null
    >`now() + make_interval(secs => ${place.waitSeconds ?? null}::double precision)`,
    questions: call.questions ? JSON.stringify(call.questions) : null,
    task: null,
    ...stateOf(call),
  }
}

export const callColumns = [
  'id',
  'step',
  'part',
  'provider_id',
  'name',
  'source',
  'effect',
  'status',
  'arguments',
  'input',
  'output',
  'error',
  'started_at',
  'duration_ms',
  'progress',
  'approval_hash',
  'owner',
  'files',
  'file_notes',
  'questions',
  'task',
] as const

export const placedColumns = [
  ...callColumns,
  'run_id',
  'session_id',
  'user_id',
  'message_id',
] as const

type CallRow = Pick<Selectable<ToolCallTable>, (typeof callColumns)[number]>
type PlacedRow = Pick<Selectable<ToolCallTable>, (typeof placedColumns)[number]>

export function toPlaced(row: PlacedRow): NewCall & { owner: string | null } {
  return {
    ...toStored(row),
    runId: row.run_id,
    sessionId: row.session_id,
    userId: row.user_id,
    messageId: row.message_id,
    owner: row.owner,
  }
}

export function toStored(row: CallRow): StoredCall {
  return {
    step: row.step,
    part: row.part,
    providerId: row.provider_id,
    arguments: row.arguments,
    approvalHash: row.approval_hash,
    owner: row.owner,
    task: row.task,
    call: {
      id: row.id,
      name: row.name,
      source: row.source,
      effect: row.effect,
      status: row.status,
      input: row.input,
      ...(row.output !== null && { output: row.output }),
      ...(row.error !== null && { error: row.error }),
      ...(row.started_at !== null && { startedAt: row.started_at }),
      ...(row.duration_ms !== null && { durationMs: row.duration_ms }),
      ...(row.progress !== null && { progress: row.progress }),
      ...(row.files !== null && { files: row.files }),
      ...(row.file_notes !== null && { fileNotes: row.file_notes }),
      ...(row.questions !== null && { questions: row.questions }),
    },
  }
}

/** The fields of a call that change while it is carried out. */
export function stateOf(call: ToolCall) {
  return {
    status: call.status,
    input: JSON.stringify(call.input) ?? null,
    output: call.output === undefined ? null : JSON.stringify(call.output),
    error: call.error ?? null,
    started_at: call.startedAt ?? null,
    duration_ms: call.durationMs ?? null,
    progress: call.progress ? JSON.stringify(call.progress) : null,
    files: call.files ? JSON.stringify(call.files) : null,
    file_notes: call.fileNotes ? JSON.stringify(call.fileNotes) : null,
  }
}
