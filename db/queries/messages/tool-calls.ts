import { sql } from 'kysely'
import type { CallId, MessageId, RunId, UserId } from '../../../shared/contract/ids.ts'
import { closed, openQuestion } from '../../../shared/contract/open-question.ts'
import type { Question } from '../../../shared/contract/question.ts'
import type { ToolCall } from '../../../shared/contract/tool.ts'
import type { Db } from '../../engine/database.ts'
import type { StoredTask } from '../../stored-values.ts'
import { callColumns, placedColumns, stateOf, toPlaced, toStored } from './call-rows.ts'
import type { NewCall, StoredCall } from './call-rows.ts'

export type CallChange = {
  /** Status, input, output, error and times. */
  call: ToolCall
  approvalHash?: string | null
  /** The node that executes the call apart from its run. */
  owner?: string | null
}

/**
 * @returns the call with its stored questions, which only `setQuestions` writes, because the node of the call writes
 *   other fields at the same time. When the call does not run any more, its questions are closed, and `closes` says
 *   whether one was open.
 */
export async function updateCall(
  transaction: Db,
  change: CallChange,
): Promise<{ call: ToolCall; closes: boolean }> {
  const row = await transaction
    .updateTable('tool_calls')
    .set({
      ...stateOf(change.call),
      ...(change.approvalHash !== undefined && { approval_hash: change.approvalHash }),
      ...(change.owner !== undefined && { owner: change.owner }),
    })
    .where('id', '=', change.call.id)
    .returning('questions')
    .executeTakeFirst()
  const { questions: _, ...call } = change.call
  if (!row?.questions) return { call, closes: false }
  const isOpen = openQuestion({ questions: row.questions }) !== undefined
  if (!isOpen || call.status === 'running') {
    return { call: { ...call, questions: row.questions }, closes: false }
  }
  const questions = closed(row.questions)
  await setQuestions(transaction, call.id, questions)
  return { call: { ...call, questions }, closes: true }
}

/**
 * Stores the questions of a call, and that its person is waited for while one is open.
 *
 * @param askedSeq the `seq` of the event with a new question; absent when there is none
 */
export async function setQuestions(
  transaction: Db,
  id: CallId,
  questions: readonly Question[],
  askedSeq?: number,
): Promise<void> {
  const isOpen = openQuestion({ questions: [...questions] }) !== undefined
  await transaction
    .updateTable('tool_calls')
    .set({
      questions: JSON.stringify(questions),
      ...(!isOpen && { asked_seq: null }),
      ...(isOpen && askedSeq !== undefined && { asked_seq: askedSeq }),
    })
    .where('id', '=', id)
    .execute()
}

/** True when another call of the run has an open question. */
export async function othersAsk(
  db: Db,
  { runId, sessionId, call }: Pick<NewCall, 'runId' | 'sessionId' | 'call'>,
): Promise<boolean> {
  const row = await db
    .selectFrom('tool_calls')
    .select('id')
    .where('session_id', '=', sessionId)
    .where('asked_seq', 'is not', null)
    .where('run_id', '=', runId)
    .where('status', '=', 'running')
    .where('id', '<>', call.id)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/** The questions of a running call; in a transaction they are locked until its end. */
export async function questionsOfCall(
  db: Db,
  id: CallId,
  { lock = false } = {},
): Promise<Question[]> {
  const row = await db
    .selectFrom('tool_calls')
    .select('questions')
    .where('id', '=', id)
    .$if(lock, (query) => query.forUpdate())
    .executeTakeFirst()
  return row?.questions ?? []
}

/** Stores the task as which a call is carried out, before its result is waited for. */
export async function setTask(transaction: Db, id: CallId, task: StoredTask): Promise<void> {
  await transaction
    .updateTable('tool_calls')
    .set({ task: JSON.stringify(task) })
    .where('id', '=', id)
    .execute()
}

/** A call with its run and session; null when it does not exist or belongs to another user. */
export async function findCall(
  db: Db,
  userId: UserId,
  id: CallId,
): Promise<(NewCall & { owner: string | null }) | null> {
  const row = await db
    .selectFrom('tool_calls')
    .select(placedColumns)
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .executeTakeFirst()
  return row ? toPlaced(row) : null
}

/** Calls that a node was retrying apart from their run, and whose node is not alive. */
export async function findOrphanedCalls(
  db: Db,
  limit: number,
  except: readonly CallId[],
): Promise<(NewCall & { owner: string | null })[]> {
  const rows = await db
    .selectFrom('tool_calls')
    .select(placedColumns)
    .where('owner', 'is not', null)
    .where('status', '=', 'running')
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('nodes')
            .select('nodes.id')
            .whereRef('nodes.id', '=', 'tool_calls.owner')
            .where('nodes.lease_until', '>', sql<string>`now()`),
        ),
      ),
    )
    .$if(except.length > 0, (query) => query.where('id', 'not in', except))
    .limit(limit)
    .execute()
  return rows.map(toPlaced)
}

/** Calls of clients whose deadline is over, by the database's clock. */
export async function findExpiredCalls(
  db: Db,
  limit: number,
  except: readonly CallId[],
): Promise<NewCall[]> {
  const rows = await db
    .selectFrom('tool_calls')
    .select(placedColumns)
    .where('deadline_at', '<', sql<string>`now()`)
    // A literal, so that the partial index can be used; a parameter could be any status.
    .where('status', '=', sql.lit('running'))
    .where('source', '=', 'client')
    .$if(except.length > 0, (query) => query.where('id', 'not in', except))
    .limit(limit)
    .execute()
  return rows.map(toPlaced)
}

export async function findCalls(db: Db, ids: readonly CallId[]): Promise<Map<CallId, ToolCall>> {
  if (ids.length === 0) {
    return new Map()
  }
  const rows = await db
    .selectFrom('tool_calls')
    .select(callColumns)
    .where('id', 'in', ids)
    .execute()
  return new Map(rows.map((row) => [row.id, toStored(row).call]))
}

/** The total length of the tool outputs of each message, as JSON; messages without outputs are left out. */
export async function readOutputLengths(
  db: Db,
  messageIds: readonly MessageId[],
): Promise<Map<MessageId, number>> {
  if (messageIds.length === 0) {
    return new Map()
  }
  const rows = await db
    .selectFrom('tool_calls')
    .select(['message_id', sql<number>`coalesce(sum(length(output::text)), 0)::int`.as('length')])
    .where('message_id', 'in', messageIds)
    .groupBy('message_id')
    .execute()
  return new Map(rows.map((row) => [row.message_id, row.length]))
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
    .select([...callColumns, 'run_id'])
    .where('run_id', 'in', runIds)
    .orderBy('part')
    .execute()
  for (const row of rows) {
    byRun.set(row.run_id, [...(byRun.get(row.run_id) ?? []), toStored(row)])
  }
  return byRun
}
