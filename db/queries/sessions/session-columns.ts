import { sql } from 'kysely'
import type { ExpressionBuilder } from 'kysely'
import type { Schema } from '../../schema.ts'
import { callIsAsking, runIsActive, runIsWaiting } from '../runs/runs.ts'

/** Leaves `toolsOff` out where it is null, as in nearly every session: it is an optional field of the contract. */
export function shown<Row extends { toolsOff: string[] | null }>({ toolsOff, ...session }: Row) {
  return toolsOff === null ? session : { ...session, toolsOff }
}

/** The columns of a session as its owner sees it. */
export function sessionColumns({
  ref,
  exists,
  or,
  selectFrom,
}: ExpressionBuilder<Schema, 'sessions'>) {
  return [
    ref('sessions.id').as('id'),
    ref('sessions.title').as('title'),
    ref('sessions.summary').as('summary'),
    ref('sessions.status').as('status'),
    ref('sessions.model').as('model'),
    ref('sessions.system_prompt').as('systemPrompt'),
    ref('sessions.pinned').as('pinned'),
    ref('sessions.archived').as('archived'),
    ref('sessions.project_id').as('projectId'),
    ref('sessions.tools_off').as('toolsOff'),
    ref('sessions.temporary').as('temporary'),
    ref('sessions.tags').as('tags'),
    ref('sessions.created_at').as('createdAt'),
    ref('sessions.updated_at').as('updatedAt'),
    ref('sessions.ended_at').as('endedAt'),
    ref('sessions.duration_ms').as('durationMs'),
    exists(
      selectFrom('runs')
        .select('runs.id')
        .whereRef('runs.session_id', '=', 'sessions.id')
        .where(runIsActive),
    )
      .$castTo<boolean>()
      .as('running'),
    or([
      exists(
        selectFrom('runs')
          .select('runs.id')
          .whereRef('runs.session_id', '=', 'sessions.id')
          .where(runIsWaiting),
      ),
      exists(
        selectFrom('tool_calls')
          .innerJoin('runs', 'runs.id', 'tool_calls.run_id')
          .select('tool_calls.id')
          .whereRef('tool_calls.session_id', '=', 'sessions.id')
          .where(callIsAsking)
          .where(runIsActive),
      ),
    ])
      .$castTo<boolean>()
      .as('waiting'),
    selectFrom('events')
      .select(({ fn }) => fn.coalesce(fn.max('events.seq'), sql<number>`0`).as('seq'))
      .whereRef('events.session_id', '=', 'sessions.id')
      .$asScalar()
      .$notNull()
      .as('seq'),
  ] as const
}
