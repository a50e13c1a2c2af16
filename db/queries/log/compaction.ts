import { sql } from 'kysely'
import type { RunId, SessionId } from '../../../shared/contract/ids.ts'
import type { Db } from '../../engine/database.ts'
import type { StoredPart } from '../../stored-values.ts'

export type EndedRun = {
  parts: StoredPart[]
  /** Its first chunks. */
  chunks: { seq: number; data: string }[]
}

/**
 * The parts of ended runs' answers, and their first chunks; null when the run has not ended, keeps its chunks, or is
 * deleted. All events of a run come after that of its question, so the log before it is not read.
 *
 * @param limit the most chunks of a run
 */
export async function readEnded(
  db: Db,
  runs: readonly { id: RunId; sessionId: SessionId }[],
  limit: number,
): Promise<(EndedRun | null)[]> {
  const { rows } = await sql<{
    place: number
    parts: StoredPart[] | null
    seq: number | null
    data: string | null
  }>`
    select run.place::int, case when row_number() over (partition by run.place order by chunk.seq) = 1 then ended.parts end
        as parts, chunk.seq, chunk.data
    from unnest(${runs.map(({ id }) => id)}::uuid[], ${runs.map(({ sessionId }) => sessionId)}::uuid[])
      with ordinality as run (id, session_id, place)
    cross join lateral (
      select messages.parts, question.parts_seq as asked
      from runs
      join messages on messages.id = runs.message_id
      join messages as question on question.id = runs.question_id
      where runs.id = run.id and runs.ended_at is not null and not runs.keeps_chunks
      limit 1
    ) as ended
    left join lateral (
      select seq, data from events
      where session_id = run.session_id and seq > ended.asked and run_id = run.id and type = 'chunk'
      order by seq
      limit ${limit}
    ) as chunk on true
    order by run.place, chunk.seq`.execute(db)
  const found = runs.map((): EndedRun | null => null)
  for (const { place, parts, seq, data } of rows) {
    if (parts) found[place - 1] = { parts, chunks: [] }
    if (seq !== null && data !== null) found[place - 1]?.chunks.push({ seq, data })
  }
  return found
}

/** Replaces events: a part's whole text takes the place of its last chunk. */
export async function replaceEvents(
  db: Db,
  sessionId: SessionId,
  events: readonly { seq: number; data: string }[],
): Promise<void> {
  if (events.length > 0) {
    await sql`${replacing(sessionId, events)}`.execute(db)
  }
}

/** A short log of an ended run, and what it is to become. */
export type ShortLog = {
  run: { id: RunId; sessionId: SessionId }
  /** Whole texts, each in the place of a part's last chunk. */
  wholes: readonly { seq: number; data: string }[]
  gone: readonly number[]
  now: string
}

/**
 * Does the work of `replaceEvents`, `deleteEvents` and `markCompacted` for many short logs (see the migration
 * `0076-answer-functions`).
 */
export async function compactShort(db: Db, logs: readonly ShortLog[]): Promise<void> {
  const seqs: number[] = []
  const data: string[] = []
  const gone: number[] = []
  const wanted = logs.map(({ run, wholes, gone: ofRun, now }) => {
    const range = { first_whole: seqs.length + 1, first_gone: gone.length + 1 }
    for (const whole of wholes) {
      seqs.push(whole.seq)
      data.push(whole.data)
    }
    gone.push(...ofRun)
    const ends = { last_whole: seqs.length, last_gone: gone.length }
    return { run_id: run.id, session_id: run.sessionId, compacted_at: now, ...range, ...ends }
  })
  await sql`
    select compact_answers(${JSON.stringify(wanted)}::json, ${seqs}::bigint[], ${data}::text[], ${gone}::bigint[])
  `.execute(db)
}

function replacing(sessionId: SessionId, events: readonly { seq: number; data: string }[]) {
  return sql`
    update events set data = wanted.data
    from unnest((select ${events.map(({ seq }) => seq)}::bigint[]), (select ${events.map(({ data }) => data)}::text[]))
      as wanted (seq, data)
    where events.session_id = ${sessionId} and events.seq = wanted.seq`
}
