import type { MessageId, RunId } from '../../../shared/contract/ids.ts'
import type { Db } from '../../engine/database.ts'
import type { StepUsage, StoredPart } from '../../stored-values.ts'
import { searchText } from './messages.ts'
import { toCallRow } from './call-rows.ts'
import type { NewCall } from './call-rows.ts'

/** A finished model call of a run. */
export type Step = {
  step: number
  partsEnd: number
  model: string
  finish: string
  usage: StepUsage | null
  providerState: unknown
}

/** The parts of an answer up to a place in the log. */
export type AnswerSoFar = { messageId: MessageId; parts: StoredPart[]; seq: number }

/** Records a finished step, the calls that it made, and the answer so far. */
export async function insertStep(
  transaction: Db,
  runId: RunId,
  step: Step,
  calls: readonly NewCall[],
  { messageId, parts, seq }: AnswerSoFar,
): Promise<void> {
  await transaction
    .with('step', (db) =>
      db.insertInto('steps').values({
        run_id: runId,
        step: step.step,
        parts_end: step.partsEnd,
        model: step.model,
        finish: step.finish,
        usage: step.usage && JSON.stringify(step.usage),
        provider_state: step.providerState === null ? null : JSON.stringify(step.providerState),
      }),
    )
    .with('calls', (db) => db.insertInto('tool_calls').values(calls.map(toCallRow)))
    .updateTable('messages')
    .set({ parts: JSON.stringify(parts), parts_seq: seq, text: searchText(parts) })
    .where('id', '=', messageId)
    .execute()
}

/** The finished steps of these runs, in order. */
export async function stepsOfRuns(db: Db, runIds: readonly RunId[]): Promise<Map<RunId, Step[]>> {
  const byRun = new Map<RunId, Step[]>()
  if (runIds.length === 0) {
    return byRun
  }
  const rows = await db
    .selectFrom('steps')
    .select([
      'run_id as runId',
      'step',
      'parts_end as partsEnd',
      'model',
      'finish',
      'usage',
      'provider_state as providerState',
    ])
    .where('run_id', 'in', runIds)
    .orderBy('step')
    .execute()
  for (const { runId, ...step } of rows) {
    byRun.set(runId, [...(byRun.get(runId) ?? []), step])
  }
  return byRun
}
