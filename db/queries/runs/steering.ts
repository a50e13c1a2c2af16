import { sql } from 'kysely'
import type { MessageId, RunId } from '../../../shared/contract/ids.ts'
import type { Db } from '../../engine/database.ts'
import type { StoredPart } from '../../stored-values.ts'
import { runIsQueued } from './runs.ts'

/** A message that joined an answer, and the index of the answer's part before which it is. */
export type JoinedMessage = { id: MessageId; part: number; parts: StoredPart[] }

/** A queued message that will join a run's answer, and the run that would answer it otherwise. */
export type Steering = { messageId: MessageId; runId: RunId }

/** True when messages wait to join the run's answer. */
export const runIsSteered = sql<boolean>`exists (
  select from runs as waiting
  where waiting.session_id = runs.session_id and waiting.status = 'queued' and waiting.steers = runs.id)`

export async function isSteered(db: Db, id: RunId): Promise<boolean> {
  const row = await db
    .selectFrom('runs')
    .select(runIsSteered.as('steered'))
    .where('id', '=', id)
    .executeTakeFirst()
  return row?.steered ?? false
}

/** The messages that wait to join this run's answer, in their order. */
export async function readSteering(
  transaction: Db,
  { id, sessionId }: { id: RunId; sessionId: string },
): Promise<Steering[]> {
  const { rows } = await sql<Steering>`
    select id as "runId", question_id as "messageId" from runs
    where session_id = ${sessionId} and ${runIsQueued} and steers = ${id} and stop_requested_at is null
    order by place`.execute(transaction)
  return rows
}

/** Deletes queued runs whose questions another run answers. */
export async function deleteQueuedRuns(transaction: Db, ids: readonly RunId[]): Promise<void> {
  await sql`delete from runs where id = any(${ids}::uuid[]) and ${runIsQueued}`.execute(transaction)
}

/** The messages that joined an answer, each behind its parent, because their times may be of several clocks. */
export async function readJoined(db: Db, answer: MessageId): Promise<JoinedMessage[]> {
  const { rows } = await sql<JoinedMessage & { parentId: MessageId }>`
    select joined.id, joined.parent_id as "parentId", joined.joined_part as part, joined.parts
    from messages as answer
    join messages as joined on joined.run_id = any(array_append(answer.earlier_runs, answer.run_id))
    where answer.id = ${answer} and joined.joined_part is not null
    order by joined.joined_part, joined.created_at, joined.id`.execute(db)
  const byParent = new Map(rows.map((row) => [row.parentId, row]))
  const chain: JoinedMessage[] = []
  for (let next = byParent.get(answer); next; next = byParent.get(next.id)) {
    chain.push({ id: next.id, part: next.part, parts: next.parts })
  }
  return chain
}
