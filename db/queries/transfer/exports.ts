import { sql } from 'kysely'
import { isActive } from '../../../shared/contract/active.ts'
import type { Finish } from '../../../shared/contract/events.ts'
import type { MessageId, RunId, SessionId, UserId } from '../../../shared/contract/ids.ts'
import { inSlices } from '../../../shared/contract/in-slices.ts'
import type { Session } from '../../../shared/contract/session.ts'
import type { Database } from '../../engine/database.ts'
import { readChunks } from '../log/run-events.ts'
import type { ReadEvent } from '../log/events.ts'
import type { StoredMessage } from '../messages/stored-messages.ts'
import { readMessages } from '../messages/messages.ts'
import { inReadTransaction } from '../../engine/read-transaction.ts'
import type { SessionTable } from '../../schema.ts'
import { findSession } from '../sessions/sessions.ts'
import { stepsOfRuns } from '../messages/steps.ts'
import type { Step } from '../messages/steps.ts'
import { callsOfRuns } from '../messages/tool-calls.ts'
import type { StoredCall } from '../messages/call-rows.ts'

/** A session and the ids of the messages in its tree. Queued messages are not in the tree yet. */
export type SessionOutline = {
  session: Session
  titleSource: SessionTable['title_source']
  activeLeaf: MessageId | null
  /** In order of creation. */
  messageIds: MessageId[]
}

/** The session as it is now; null when it does not exist or belongs to another user. */
export async function readOutline(
  database: Database,
  userId: UserId,
  id: SessionId,
): Promise<SessionOutline | null> {
  return inReadTransaction(database, async (db) => {
    const session = await findSession(db, userId, id)
    if (!session) {
      return null
    }
    const { titleSource, activeLeaf } = await db
      .selectFrom('sessions')
      .select(['title_source as titleSource', 'active_leaf as activeLeaf'])
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
    const rows = await db
      .selectFrom('messages')
      .select('id')
      .where('session_id', '=', id)
      .where('status', '<>', 'queued')
      .orderBy('created_at')
      .orderBy('id')
      .execute()
    return { session, titleSource, activeLeaf, messageIds: rows.map((row) => row.id) }
  })
}

/** The ids of the messages that lead to `leaf`, oldest first. */
export async function readBranchIds(
  { db }: Database,
  sessionId: SessionId,
  leaf: MessageId,
): Promise<MessageId[]> {
  const { rows } = await sql<{ id: MessageId }>`
    with recursive branch (id, parent_id, depth) as (
      select id, parent_id, 1 from messages where id = ${leaf} and session_id = ${sessionId}
      union all
      select messages.id, messages.parent_id, branch.depth + 1
      from messages join branch on messages.id = branch.parent_id
    )
    select id from branch order by depth desc`.execute(db)
  return rows.map(({ id }) => id)
}

export type RunRecord = {
  finish: Finish | null
  startedAt: string | null
  endedAt: string | null
  steps: Step[]
  calls: StoredCall[]
}

/** A message with everything that is stored about it. */
export type FullMessage = StoredMessage & {
  /** The run that wrote the message; null for user messages, and for imported answers without a run. */
  run: RunRecord | null
  /** Chunks of an unfinished answer that are not in its stored parts yet. */
  chunks: ReadEvent[]
}

/** The number of messages that are in memory at the same time. */
const PAGE = 50

/** These messages of a session in pages, in the order of the ids; deleted ones are left out. */
export async function* readFullMessages(
  database: Database,
  sessionId: SessionId,
  ids: readonly MessageId[],
): AsyncGenerator<FullMessage[]> {
  for (const page of inSlices(ids, PAGE)) yield await readPage(database, sessionId, page)
}

async function readPage(
  database: Database,
  sessionId: SessionId,
  ids: readonly MessageId[],
): Promise<FullMessage[]> {
  return inReadTransaction(database, async (db) => {
    const stored = new Map(
      (await readMessages(db, sessionId, ids)).map((one) => [one.message.id, one]),
    )
    const answers = [...stored.values()].filter(({ message }) => message.role === 'assistant')
    const runs = await readRuns(
      db,
      answers.map(({ message }) => message.id),
    )
    const messages: FullMessage[] = []
    for (const id of ids) {
      const one = stored.get(id)
      if (one) {
        const { runId, role } = one.message
        const open = role === 'assistant' && isActive(one.message)
        messages.push({
          ...one,
          run: runs.get(id) ?? null,
          chunks: open && runId ? await readChunks(db, sessionId, runId, one.partsSeq) : [],
        })
      }
    }
    return messages
  })
}

/** The runs of each answer as one: an answer that was cut may have been continued by other runs. */
async function readRuns(
  db: Database['db'],
  answers: readonly MessageId[],
): Promise<Map<MessageId, RunRecord>> {
  const { rows } = await sql<
    { id: MessageId; runIds: RunId[] } & Omit<RunRecord, 'steps' | 'calls'>
  >`
    select messages.id, array_append(messages.earlier_runs, runs.id) as "runIds", runs.finish,
      coalesce(first.started_at, runs.started_at) as "startedAt", runs.ended_at as "endedAt"
    from messages
    join runs on runs.id = messages.run_id
    left join runs as first on first.id = messages.earlier_runs[1]
    where messages.id = any(${answers}::uuid[])`.execute(db)
  const ids = rows.flatMap(({ runIds }) => runIds)
  const steps = await stepsOfRuns(db, ids)
  const calls = await callsOfRuns(db, ids)
  return new Map(
    rows.map(({ id, runIds, ...run }) => {
      const record: RunRecord = { ...run, steps: [], calls: [] }
      for (const runId of runIds) {
        const before = record.steps.length
        const own = steps.get(runId) ?? []
        record.steps.push(...own.map((one) => ({ ...one, step: before + one.step })))
        const made = calls.get(runId) ?? []
        record.calls.push(...made.map((one) => ({ ...one, step: before + one.step })))
      }
      return [id, record]
    }),
  )
}

/** All sessions of a person, oldest first. */
export async function listAllSessionIds({ db }: Database, userId: UserId): Promise<SessionId[]> {
  const rows = await db
    .selectFrom('sessions')
    .select('id')
    .where('user_id', '=', userId)
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  return rows.map(({ id }) => id)
}
