import { sql } from 'kysely'
import type { Finish } from '../../../shared/contract/events.ts'
import type { RunError } from '../../../shared/contract/errors.ts'
import type { MessageId, ProjectId, RunId, SessionId } from '../../../shared/contract/ids.ts'
import type { Message, Outcome, Usage } from '../../../shared/contract/message.ts'
import type { Db } from '../../engine/database.ts'
import { searchText } from '../messages/messages.ts'
import { runColumns } from './runs.ts'
import type { Run } from './runs.ts'
import type { StepUsage, StoredPart } from '../../stored-values.ts'
import type { UserTable } from '../../schema.ts'
import type { Step } from '../messages/steps.ts'

export type DriveStart = {
  systemPrompt: string | null
  projectId: ProjectId | null
  toolsOff: string[] | null
  summary: string | null
  personRole: UserTable['role']
  /** The answer's parts, as its finished steps left them. */
  kept: StoredPart[]
  /** The runs that wrote the answer before this one continued it; null for an answer that this run began. */
  earlierRuns: RunId[] | null
  /** What those used. */
  earlierUsage: Usage | null
  /** True when an earlier attempt, or run, finished a step. */
  hasSteps: boolean
}

/** A message as the model reads it: of answers also the finished steps. */
export type ToldMessage = {
  parentId: MessageId | null
  role: Message['role']
  runId: RunId | null
  parts: StoredPart[]
  steps: ToldStep[]
  /** Of a message that joined the answer before it: the part before which it stands. */
  joinedPart: number | null
}

/** A finished step of an answer, in one of the runs that wrote it. */
export type ToldStep = Pick<Step, 'step' | 'partsEnd' | 'providerState'> & { runId: RunId }

/** Messages that follow on each other, oldest first, and whether older ones stand before them. */
export type ToldPage = { messages: ToldMessage[]; hasOlder: boolean }

type ToldRow = Omit<ToldMessage, 'steps'> & { steps: ToldMessage['steps'] | null }

/**
 * What an attempt at a run begins with, and the messages that lead to its question; null when the run, its session or
 * its person is gone.
 */
export async function readDriveStart(
  db: Db,
  run: Pick<Run, 'id' | 'sessionId' | 'userId' | 'messageId' | 'questionId'>,
  limit: number,
): Promise<{ start: DriveStart; told: ToldPage } | null> {
  const { id, sessionId, userId, messageId, questionId } = run
  const { rows } = await sql<ToldRow & DriveStart>`
    with recursive ${branchOf(sessionId, questionId, limit)}, start as (
      select sessions.system_prompt, sessions.project_id, sessions.tools_off, sessions.summary, users.role as person_role, messages.parts as kept,
        messages.earlier_runs, messages.usage as earlier_usage,
        exists (select from steps where run_id = any(array_append(messages.earlier_runs, ${id}))) as has_steps
      from sessions
      join users on users.id = sessions.user_id
      join messages on messages.id = ${messageId} and messages.user_id = sessions.user_id
      where sessions.id = ${sessionId} and sessions.user_id = ${userId}
    )
    select ${TOLD}, start.person_role as "personRole", start.has_steps as "hasSteps",
      case when depth = 1 then start.system_prompt end as "systemPrompt",
      case when depth = 1 then start.project_id end as "projectId",
      case when depth = 1 then start.tools_off end as "toolsOff",
      case when depth = 1 then start.summary end as summary, case when depth = 1 then start.kept end as kept,
      start.earlier_runs as "earlierRuns", start.earlier_usage as "earlierUsage"
    from start, branch order by depth`.execute(db)
  // The first row has all of the start, so that none of it comes with every message.
  const [start] = rows
  return start ? { start, told: toPage(rows, limit) } : null
}

/** The messages that lead to `leaf`, oldest first. */
export async function readTold(
  db: Db,
  sessionId: SessionId,
  leaf: MessageId,
  limit: number,
): Promise<ToldPage> {
  const { rows } = await sql<ToldRow>`
    with recursive ${branchOf(sessionId, leaf, limit)}
    select ${TOLD} from branch order by depth`.execute(db)
  return toPage(rows, limit)
}

/**
 * One more than the limit, which tells whether there are older ones. Each parent is looked up by itself: Postgres does
 * not know how few they are, and would rather read the whole table than so many.
 */
function branchOf(sessionId: SessionId, leaf: MessageId, limit: number) {
  return sql`branch as (
    select id, parent_id, role, run_id, earlier_runs, joined_part, parts, 1 as depth from messages
    where id = ${leaf} and session_id = ${sessionId}
    union all
    select parent.*, branch.depth + 1
    from branch cross join lateral (
      select id, parent_id, role, run_id, earlier_runs, joined_part, parts from messages
      where messages.id = branch.parent_id limit 1
    ) as parent
    where branch.depth <= ${limit}
  )`
}

const TOLD = sql`parent_id as "parentId", role, run_id as "runId", parts, joined_part as "joinedPart",
  case when role = 'assistant' then (
    select json_agg(
      json_build_object('runId', steps.run_id, 'step', step, 'partsEnd', parts_end, 'providerState', provider_state)
      order by parts_end, step
    ) from steps where steps.run_id = any(array_append(branch.earlier_runs, branch.run_id))) end as steps`

function toPage(rows: readonly ToldRow[], limit: number): ToldPage {
  const page = rows.slice(0, limit).map(({ parentId, role, runId, parts, steps, joinedPart }) => ({
    ...{ parentId, role, runId, parts, joinedPart },
    steps: steps ?? [],
  }))
  return { messages: page.reverse(), hasOlder: page.length < rows.length }
}

/**
 * Locks the session, and then the run for the attempt that says it drives it, as everybody else does in this order.
 *
 * @returns null when another attempt has the run, or it has ended: then this one may write nothing more
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

export type RunEnding = {
  outcome: Outcome
  finish: Finish | null
  usage: Usage | null
  /** Of the whole answer, with the runs that it continues. */
  usageOfAnswer: Usage | null
  error: RunError | null
  notes: readonly string[]
  now: string
  /** When its first word came, if this attempt was the first and heard it; ISO 8601. */
  firstTokenAt: string | null
  /** The whole answer, and the place in the log of the event that ends it. */
  parts: { stored: StoredPart[]; seq: number }
  /** The step that ends the answer, if one does. */
  step: (Omit<Step, 'usage'> & { usage: StepUsage | null }) | null
}

/** Ends a run and its answer, and returns the run of the session that is to start next; null when none waits. */
export async function endRun(
  transaction: Db,
  { id, sessionId, messageId }: Pick<Run, 'id' | 'sessionId' | 'messageId'>,
  ending: RunEnding,
): Promise<Run | null> {
  const { outcome, finish, parts, step } = ending
  const usage = json(ending.usage)
  const error = json(ending.error)
  const notes = ending.notes.length > 0 ? json(ending.notes) : null
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
        notes = coalesce(${notes}, notes), ended_at = ${ending.now},
        first_token_ms = case when attempt = 1 and ${ending.firstTokenAt}::timestamptz is not null then greatest(0,
          extract(epoch from ${ending.firstTokenAt}::timestamptz - started_at) * 1000)::integer end
      where id = ${id}
    )
    select ${sql.join(runColumns.map((column) => aliased(column)))} from runs
    where session_id = ${sessionId} and status = 'queued'
    order by place limit 1`.execute(transaction)
  return rows[0] ?? null
}

function aliased(column: (typeof runColumns)[number]) {
  const [name = '', alias = ''] = column.split(' as ')
  return sql`${sql.ref(name)} as ${sql.ref(alias)}`
}

function json(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value)
}
