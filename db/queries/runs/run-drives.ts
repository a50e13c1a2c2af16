import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import type { MessageId, ProjectId, RunId, SessionId } from '../../../shared/contract/ids.ts'
import type { Message, Usage } from '../../../shared/contract/message.ts'
import type { Db } from '../../engine/database.ts'
import type { Run } from './runs.ts'
import { isLeftOut } from '../../long-messages.ts'
import type { LongMessages, OrLong } from '../../long-messages.ts'
import type { StoredPart } from '../../stored-values.ts'
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
  id: MessageId
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
type StartRow = PromptRow & DriveStart & { isLong: boolean }

export type StartingRun = {
  run: Pick<Run, 'id' | 'sessionId' | 'userId' | 'messageId' | 'questionId'>
  /** An earlier question of the session; the messages before it are not read. */
  until: MessageId | null
}

/**
 * The data with which attempts at runs begin, and the newest messages that lead to their questions; null when the run,
 * its session or its person is deleted.
 *
 * @param long whether a run is left out whose answer, or a message before it, is long
 */
export async function readDriveStarts(
  db: Db,
  starting: readonly StartingRun[],
  long: LongMessages,
): Promise<OrLong<{ start: DriveStart; page: PromptPage } | null>[]> {
  const found = starting.map((): StartRow[] => [])
  const runs = starting.map(({ run }) => run)
  const branch = branchOf(sql`run.session_id`, sql`run.question_id`, {
    limit: FIRST_PAGE,
    bytes: FIRST_PAGE_BYTES,
    until: sql`run.until`,
  })
  const { rows } = await sql<StartRow & { place: number }>`
    select run.place::int, begun.*
    from unnest(${runs.map(({ id }) => id)}::uuid[], ${runs.map(({ sessionId }) => sessionId)}::uuid[],
      ${runs.map(({ userId }) => userId)}::uuid[], ${runs.map(({ messageId }) => messageId)}::uuid[],
      ${runs.map(({ questionId }) => questionId)}::uuid[], ${starting.map(({ until }) => until)}::uuid[]
    ) with ordinality as run (id, session_id, user_id, message_id, question_id, until, place)
    cross join lateral (
      with recursive ${branch}, start as materialized (
        select sessions.system_prompt, sessions.project_id, sessions.tools_off, sessions.summary,
          users.role as person_role, messages.parts as kept, messages.earlier_runs, messages.usage as earlier_usage,
          messages.earlier_runs is not null or exists (select from steps where run_id = run.id) as has_steps
        from sessions
        join users on users.id = sessions.user_id
        cross join lateral (select * from messages where id = run.message_id offset 0) as messages
        where sessions.id = run.session_id and sessions.user_id is not distinct from run.user_id
          and messages.user_id = sessions.user_id
      )
      select ${promptColumns(long)}, depth, ${isLeftOut(sql`branch.parts`, long)} or ${isLeftOut(sql`start.kept`, long)} as "isLong",
        start.person_role as "personRole", start.has_steps as "hasSteps",
        case when depth = 1 then start.system_prompt end as "systemPrompt",
        case when depth = 1 then start.project_id end as "projectId",
        case when depth = 1 then start.tools_off end as "toolsOff",
        case when depth = 1 then start.summary end as summary, case when depth = 1 and not ${isLeftOut(sql`start.kept`, long)} then start.kept end as kept,
        start.earlier_runs as "earlierRuns", start.earlier_usage as "earlierUsage"
      from start, branch
    ) as begun
    order by run.place, begun.depth`.execute(db)
  for (const { place, ...row } of rows) found[place - 1]?.push(row)
  // Only the first row has the data of the start, so that it is not repeated for each message.
  return found.map((ofRun) => {
    const [start] = ofRun
    if (ofRun.some(({ isLong }) => isLong)) return 'long'
    return start ? { start, page: toPage(ofRun) } : null
  })
}

/** The messages that lead to `leaf`, oldest first. */
export async function readPromptPage(
  db: Db,
  sessionId: SessionId,
  leaf: MessageId,
  limit: number,
): Promise<PromptPage> {
  const { rows } = await sql<PromptRow>`
    with recursive ${branchOf(sql`${sessionId}`, sql`${leaf}`, { limit, bytes: PAGE_BYTES, until: sql`null` })}
    select ${promptColumns('read')} from branch order by depth`.execute(db)
  return toPage(rows)
}

/** A page takes no further message once its stored parts have this size, compressed as Postgres keeps them. Bytes. */
const PAGE_BYTES = 4 * 1024 * 1024
/** The first page is small: those of many runs are read at once. */
const FIRST_PAGE = 100
const FIRST_PAGE_BYTES = 256 * 1024

/**
 * Each message is looked up by its id: Postgres would expect too many, or use another index, whose entries are few in a
 * young database only, and keep that plan.
 */
function branchOf(
  sessionId: RawBuilder<unknown>,
  leaf: RawBuilder<unknown>,
  { limit, bytes, until }: { limit: number; bytes: number; until: RawBuilder<unknown> },
) {
  return sql`branch as (
    select id, parent_id, role, run_id, earlier_runs, joined_part, parts, 1 as depth, pg_column_size(parts) as bytes
    from (select * from messages where id = ${leaf} offset 0) as messages
    where session_id = ${sessionId}
    union all
    select parent.*, branch.depth + 1, branch.bytes + pg_column_size(parent.parts)
    from branch cross join lateral (
      select id, parent_id, role, run_id, earlier_runs, joined_part, parts from messages
      where messages.id = branch.parent_id limit 1
    ) as parent
    where branch.depth < ${limit} and branch.bytes < ${bytes} and branch.id is distinct from ${until}
  )`
}

/**
 * The steps of each run are looked up by themselves as well. While the table is small, Postgres would choose to read
 * all of `steps` for each message, and keep that plan until it takes statistics again. Nearly every answer was written
 * by one run, whose steps the index has in order.
 */
const promptColumns = (
  long: LongMessages,
) => sql`branch.id, parent_id as "parentId", role, run_id as "runId",
  case when not ${isLeftOut(sql`branch.parts`, long)} then branch.parts end as parts, joined_part as "joinedPart",
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
  const page = rows.map(({ id, parentId, role, runId, parts, steps, joinedPart }) => ({
    ...{ id, parentId, role, runId, parts, joinedPart },
    steps: steps ?? [],
  }))
  return { messages: page.reverse(), hasOlder: typeof rows.at(-1)?.parentId === 'string' }
}
