import type { PGlite } from '@electric-sql/pglite'
import type { RunError } from '../../../shared/contract/errors.ts'

export type RunRow = {
  id: string
  session: string
  status: string
  owner: string | null
  attempt: number
  question: string
  message: string
  /** If this run continues an answer, the number of parts that the answer had before; else null. */
  base: number | null
  stop: boolean
  error: RunError | null
}

/** An event of a log. */
export type EventRow = {
  session: string
  seq: number
  run: string | null
  type: string
  data: string
}

/** What is stored, as far as the ledger looks at it. */
export type Content = {
  events: EventRow[] | null
  runs: RunRow[] | null
  messages: { id: string; text: string }[] | null
  steps: { run: string; count: number }[] | null
  /** The number of events other than text, none of which is ever removed. */
  lasting: number
  /** The person whose sessions these are, and the number of rows in them that belong to somebody else. */
  person: string | null
  strange: number
  /** The nodes whose lease holds. */
  living: string[] | null
}

/** Reads everything, and of each log the events after its head. */
export async function readContent(
  pglite: PGlite,
  heads: ReadonlyMap<string, number>,
): Promise<Content> {
  const { rows } = await pglite.query<Content>(
    `select
        (select json_agg(row_to_json(e)) from (
          select events.session_id as session, seq, run_id as run, type, data from events
          join unnest($1::uuid[], $2::bigint[]) as heads (session_id, head) on heads.session_id = events.session_id
          where seq > head order by events.session_id, seq) as e) as events,
        (select json_agg(row_to_json(r)) from (
          select id, session_id as session, status, owner, attempt, question_id as question, message_id as message,
            base_parts as base, stop_requested_at is not null as stop, error from runs) as r) as runs,
        (select json_agg(row_to_json(m)) from (select id, text from messages) as m) as messages,
        (select json_agg(row_to_json(s)) from (
          select run_id as run, count(*) as count from steps group by run_id) as s) as steps,
        (select count(*) from events where type <> 'chunk') as lasting,
        (select user_id from sessions limit 1) as person,
        (select count(*) from sessions join (
            select session_id, user_id from messages union all select session_id, user_id from runs
            union all select session_id, user_id from tool_calls
          ) as owned on owned.session_id = sessions.id where owned.user_id <> sessions.user_id) as strange,
        (select json_agg(id) from nodes where lease_until > now()) as living`,
    [[...heads.keys()], [...heads.values()]],
  )
  const found = rows[0]
  if (!found) {
    throw new Error('the database answered nothing')
  }
  return found
}
