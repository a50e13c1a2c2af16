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
  /** The answer's parts after its finished steps. */
  kept: StoredPart[]
  /** The runs that wrote the answer before this one continued it; null for an answer that this run began. */
  earlierRuns: RunId[] | null
  /** The usage of those runs. */
  earlierUsage: Usage | null
  /** False when neither an earlier attempt nor an earlier run finished a step. */
  hasSteps: boolean
}

/** A message for the prompt; an answer has its finished steps too. */
export type PromptMessage = {
  parentId: MessageId | null
  role: Message['role']
  runId: RunId | null
  parts: StoredPart[]
  steps: PromptStep[]
  /** For a message that joined the answer before it: the index of the part before which it is. */
  joinedPart: number | null
}

/** A finished step of an answer, in one of the runs that wrote it. */
export type PromptStep = Pick<Step, 'step' | 'partsEnd' | 'providerState'> & { runId: RunId }

/** Consecutive messages, oldest first, and whether there are older ones. */
export type PromptPage = { messages: PromptMessage[]; hasOlder: boolean }

type PromptRow = Omit<PromptMessage, 'steps'> & { steps: PromptMessage['steps'] | null }

/**
 * The data with which an attempt at a run begins, and the messages that lead to its question; null when the run, its
 * session or its person is deleted.
 */
export async function readDriveStart(
  db: Db,
  run: Pick<Run, 'id' | 'sessionId' | 'userId' | 'messageId' | 'questionId'>,
  limit: number,
): Promise<{ start: DriveStart; page: PromptPage } | null> {
  const { id, sessionId, userId, messageId, questionId } = run
  const { rows } = await sql<PromptRow & DriveStart>`
    with recursive ${branchOf(sessionId, questionId, limit)}, start as materialized (
      select sessions.system_prompt, sessions.project_id, sessions.tools_off, sessions.summary, users.role as person_role, messages.parts as kept,
        messages.earlier_runs, messages.usage as earlier_usage,
        messages.earlier_runs is not null or exists (select from steps where run_id = ${id}) as has_steps
      from sessions
      join users on users.id = sessions.user_id
      join messages on messages.id = ${messageId} and messages.user_id = sessions.user_id
      where sessions.id = ${sessionId} and sessions.user_id = ${userId}
    )
    select ${PROMPT_COLUMNS}, start.person_role as "personRole", start.has_steps as "hasSteps",
      case when depth = 1 then start.system_prompt end as "systemPrompt",
      case when depth = 1 then start.project_id end as "projectId",
      case when depth = 1 then start.tools_off end as "toolsOff",
      case when depth = 1 then start.summary end as summary, case when depth = 1 then start.kept end as kept,
      start.earlier_runs as "earlierRuns", start.earlier_usage as "earlierUsage"
    from start, branch order by depth`.execute(db)
  // Only the first row has the data of the start, so that it is not repeated for each message.
  const [start] = rows
  return start ? { start, page: toPage(rows) } : null
}

/** The messages that lead to `leaf`, oldest first. */
export async function readPromptPage(
  db: Db,
  sessionId: SessionId,
  leaf: MessageId,
  limit: number,
): Promise<PromptPage> {
  const { rows } = await sql<PromptRow>`
    with recursive ${branchOf(sessionId, leaf, limit)}
    select ${PROMPT_COLUMNS} from branch order by depth`.execute(db)
  return toPage(rows)
}

/** A page takes no further message once its stored parts have this size, compressed as Postgres keeps them. Bytes. */
const PAGE_BYTES = 4 * 1024 * 1024

/** Each parent is looked up by itself: Postgres would expect too many, and read the whole table. */
function branchOf(sessionId: SessionId, leaf: MessageId, limit: number) {
  return sql`branch as (
    select id, parent_id, role, run_id, earlier_runs, joined_part, parts, 1 as depth, pg_column_size(parts) as bytes
    from messages
    where id = ${leaf} and session_id = ${sessionId}
    union all
    select parent.*, branch.depth + 1, branch.bytes + pg_column_size(parent.parts)
    from branch cross join lateral (
      select id, parent_id, role, run_id, earlier_runs, joined_part, parts from messages
      where messages.id = branch.parent_id limit 1
    ) as parent
    where branch.depth < ${limit} and branch.bytes < ${PAGE_BYTES}
  )`
}

/**
 * The steps of each run are looked up by themselves as well. While the table is small, Postgres would choose to read
 * all of `steps` for each message, and keep that plan until it takes statistics again. Nearly every answer was written
 * by one run, whose steps the index has in order.
 */
const PROMPT_COLUMNS = sql`parent_id as "parentId", role, run_id as "runId", parts, joined_part as "joinedPart",
  case when role <> 'assistant' then null when branch.earlier_runs is null then (
    select json_agg(${stepFields()}) from (
      select * from steps where steps.run_id = branch.run_id order by step offset 0
    ) as own)
  else (
    select json_agg(${stepFields()} order by parts_end, step)
    from unnest(array_append(branch.earlier_runs, branch.run_id)) as writer (run_id) cross join lateral (
      select * from steps where steps.run_id = writer.run_id offset 0
    ) as own) end as steps`

function stepFields() {
  return sql`json_build_object(
    'runId', own.run_id, 'step', step, 'partsEnd', parts_end, 'providerState', provider_state)`
}

function toPage(rows: readonly PromptRow[]): PromptPage {
  const page = rows.map(({ parentId, role, runId, parts, steps, joinedPart }) => ({
    ...{ parentId, role, runId, parts, joinedPart },
    steps: steps ?? [],
  }))
  return { messages: page.reverse(), hasOlder: typeof rows.at(-1)?.parentId === 'string' }
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

/** Ends a run and its answer, and returns the next queued run of the session; null when there is none. */
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
