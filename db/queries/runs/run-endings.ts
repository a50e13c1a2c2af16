import { sql } from 'kysely'
import type { RunError } from '../../../shared/contract/errors.ts'
import type { Finish } from '../../../shared/contract/events.ts'
import type { Outcome, Usage } from '../../../shared/contract/message.ts'
import type { Db } from '../../engine/database.ts'
import type { StepUsage, StoredPart } from '../../stored-values.ts'
import { storeMany } from '../log/events.ts'
import type { EventsWith } from '../log/events.ts'
import { searchText } from '../messages/messages.ts'
import type { Step } from '../messages/steps.ts'
import { runColumns } from './runs.ts'
import type { Run } from './runs.ts'

export type RunEnding = {
  outcome: Outcome
  finish: Finish | null
  usage: Usage | null
  /** The usage of the whole answer, including the runs that it continues. */
  usageOfAnswer: Usage | null
  error: RunError | null
  notes: readonly string[]
  now: string
  /** The time of its first text, if this was the first attempt and received it; ISO 8601. */
  firstTokenAt: string | null
  /** The whole answer, and the `seq` of the event that ends it. */
  parts: { stored: StoredPart[]; seq: number }
  /** The last step, if the answer ends with one. */
  step: (Omit<Step, 'usage'> & { usage: StepUsage | null }) | null
}

/**
 * Locks the session, and then the run for the attempt that drives it, in the order of all other transactions.
 *
 * @returns null when another attempt has the run, or it has ended: this one may write nothing more
 */
export async function holdRunAlone(
  transaction: Db,
  { id, sessionId, userId, attempt }: Pick<Run, 'id' | 'sessionId' | 'userId' | 'attempt'>,
  owner: string,
): Promise<{ stopRequested: boolean; titleSource: string | null } | null> {
  const { rows } = await sql<{ stopRequested: boolean; titleSource: string | null }>`
    with session as materialized (
      select title_source from sessions where id = ${sessionId} and user_id = ${userId} for no key update
    )
    select stop_requested_at is not null as "stopRequested",
      (select title_source from session) as "titleSource"
    from runs
    where id = ${id} and owner = ${owner} and attempt = ${attempt} and status = 'running'
      and exists (select from session)
    for update of runs`.execute(transaction)
  return rows[0] ?? null
}

/** Ends a run and its answer, and returns the next queued run of the session; null when there is none. */
export async function endRun(
  transaction: Db,
  { id, sessionId, messageId }: Pick<Run, 'id' | 'sessionId' | 'messageId'>,
  ending: RunEnding,
): Promise<Run | null> {
  const { outcome, finish, parts, step } = ending
  const usage = json(ending.usage)
  const error = json(ending.error)
  const withStep = step
    ? sql`step as (
        insert into steps (run_id, step, parts_end, model, finish, usage, provider_state) values (
          ${id}, ${step.step}, ${step.partsEnd}, ${step.model}, ${step.finish}, ${json(step.usage)},
          ${json(step.providerState)})), `
    : sql``
  const { rows } = await sql<Run>`
    with ${withStep} message as (
      update messages set status = ${outcome}, usage = ${json(ending.usageOfAnswer)}, error = ${error},
        parts = ${JSON.stringify(parts.stored)}, parts_seq = ${parts.seq}, text = ${searchText(parts.stored)}
      where id = ${messageId}
    ), ended as (
      update runs set status = ${outcome}, owner = null, finish = ${finish}, usage = ${usage}, error = ${error},
        notes = coalesce(${notesOf(ending)}, notes), ended_at = ${ending.now},
        first_token_ms = case when attempt = 1 and ${ending.firstTokenAt}::timestamptz is not null then greatest(0,
          extract(epoch from ${ending.firstTokenAt}::timestamptz - started_at) * 1000)::integer end
      where id = ${id}
    )
    select ${sql.join(runColumns.map((column) => aliased(column)))} from runs
    where session_id = ${sessionId} and status = 'queued'
    order by place limit 1`.execute(transaction)
  return rows[0] ?? null
}

/** The end of a run that `owner` drives, with its events. */
export type OwnEnding = {
  run: Pick<Run, 'id' | 'sessionId' | 'userId' | 'messageId' | 'attempt'>
  owner: string
  ending: RunEnding
  events: EventsWith
}

/**
 * Ends runs of many sessions behind which nothing waits, each outside of a transaction of its own.
 *
 * @returns for each false when nothing of it was stored: another attempt has the run, a stop was requested, a message
 *   waits, the session is in use, somebody else has added to its log, or the first complete answer of a session whose
 *   title is by rule may get it one from the model
 * @throws when one of them collides with what somebody else is adding; nothing was stored then
 */
export function endRuns(db: Db, endings: readonly OwnEnding[]): Promise<boolean[]> {
  return storeMany(
    db,
    'end_answers',
    endings.map(({ run, owner, ending, events }) => {
      const { step } = ending
      return {
        events,
        fields: {
          session_id: run.sessionId,
          user_id: run.userId,
          run_id: run.id,
          message_id: run.messageId,
          owner,
          attempt: run.attempt,
          outcome: ending.outcome,
          finish: ending.finish,
          usage: json(ending.usage),
          usage_of_answer: json(ending.usageOfAnswer),
          error: json(ending.error),
          notes: notesOf(ending),
          ended_at: ending.now,
          first_token_at: ending.firstTokenAt,
          parts: JSON.stringify(ending.parts.stored),
          parts_seq: ending.parts.seq,
          answer_text: searchText(ending.parts.stored).toWellFormed(),
          step: step?.step ?? null,
          parts_end: step?.partsEnd ?? null,
          step_model: step?.model.toWellFormed() ?? null,
          step_finish: step?.finish ?? null,
          step_usage: json(step?.usage ?? null),
          provider_state: json(step?.providerState ?? null),
        },
      }
    }),
  )
}

function notesOf({ notes }: RunEnding): string | null {
  return notes.length > 0 ? json(notes) : null
}

function aliased(column: (typeof runColumns)[number]) {
  const [name = '', alias = ''] = column.split(' as ')
  return sql`${sql.ref(name)} as ${sql.ref(alias)}`
}

function json(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value)
}
