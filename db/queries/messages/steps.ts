import type { RunId } from '../../../shared/contract/ids.ts'
import type { Db } from '../../engine/database.ts'
import type { StepUsage } from '../../schema.ts'

/** A finished model call of a run. */
export type Step = {
  step: number
  partsEnd: number
  model: string
  finish: string
  usage: StepUsage | null
  providerState: unknown
}

export async function insertStep(transaction: Db, runId: RunId, step: Step): Promise<void> {
  await transaction
    .insertInto('steps')
    .values({
      run_id: runId,
      step: step.step,
      parts_end: step.partsEnd,
      model: step.model,
      finish: step.finish,
      usage: step.usage && JSON.stringify(step.usage),
      provider_state: step.providerState === null ? null : JSON.stringify(step.providerState),
    })
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
