import type { CallId, MessageId, RunId, SessionId, UserId } from '../shared/contract/ids.ts'
import type { ToolCall } from '../shared/contract/tool.ts'
import type { Db } from './connect.ts'

/** What the run needs to know of a call beyond what readers see. */
export type StoredCall = {
  call: ToolCall
  step: number
  part: number
  /** The id by which the provider knows the call. */
  providerId: string
  /** The arguments as the model wrote them. */
  arguments: string
}

export type NewCall = StoredCall & {
  runId: RunId
  sessionId: SessionId
  userId: UserId
  messageId: MessageId
}

export async function insertCalls(transaction: Db, calls: readonly NewCall[]): Promise<void> {
  if (calls.length === 0) {
    return
  }
  await transaction
    .insertInto('tool_calls')
    .values(
      calls.map(({ call, ...place }) => ({
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
        ...state(call),
      })),
    )
    .execute()
}

/** Stores the call's state: status, input, output, error and times. */
export async function updateCall(transaction: Db, call: ToolCall): Promise<void> {
  await transaction.updateTable('tool_calls').set(state(call)).where('id', '=', call.id).execute()
}

export async function findCalls(db: Db, ids: readonly CallId[]): Promise<Map<CallId, ToolCall>> {
  if (ids.length === 0) {
    return new Map()
  }
  const rows = await db.selectFrom('tool_calls').select(columns).where('id', 'in', ids).execute()
  return new Map(rows.map((row) => [row.id, toStored(row).call]))
}

/** The calls of these runs, in the order in which the model made them. */
export async function callsOfRuns(
  db: Db,
  runIds: readonly RunId[],
): Promise<Map<RunId, StoredCall[]>> {
  const byRun = new Map<RunId, StoredCall[]>()
  if (runIds.length === 0) {
    return byRun
  }
  const rows = await db
    .selectFrom('tool_calls')
    .select([...columns, 'run_id'])
    .where('run_id', 'in', runIds)
    .orderBy('part')
    .execute()
  for (const row of rows) {
    byRun.set(row.run_id, [...(byRun.get(row.run_id) ?? []), toStored(row)])
  }
  return byRun
}

const columns = [
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
] as const

type CallRow = {
  id: CallId
  step: number
  part: number
  provider_id: string
  name: string
  source: ToolCall['source']
  effect: ToolCall['effect']
  status: ToolCall['status']
  arguments: string
  input: unknown
  output: unknown
  error: string | null
  started_at: string | null
  duration_ms: number | null
}

function toStored(row: CallRow): StoredCall {
  return {
    step: row.step,
    part: row.part,
    providerId: row.provider_id,
    arguments: row.arguments,
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
    },
  }
}

function state(call: ToolCall) {
  return {
    status: call.status,
    input: JSON.stringify(call.input) ?? null,
    output: call.output === undefined ? null : JSON.stringify(call.output),
    error: call.error ?? null,
    started_at: call.startedAt ?? null,
    duration_ms: call.durationMs ?? null,
  }
}
