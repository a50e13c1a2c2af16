import { findDeleted } from '../../db/queries/sessions/deleted.ts'
import type { Run } from '../../db/queries/runs/runs.ts'
import type { StoredPart } from '../../db/stored-values.ts'
import type { CutAnswer, Generation } from '../model/port.ts'
import type { CutStep } from './prompt/ask-within-limits.ts'
import type { RunDeps, RunSignals } from './deps.ts'

/** What an attempt that was cut had shown of the step with this number. */
export function cutAnswer(
  { generation }: Pick<Run, 'generation'>,
  step: number,
  parts: readonly (StoredPart | { type: 'tool' })[],
): CutAnswer {
  return {
    texts: parts.flatMap((part) =>
      part.type === 'tool' || part.type === 'file' ? [] : [{ kind: part.type, text: part.text }],
    ),
    generation: generation?.step === step ? generation.at : null,
  }
}

/**
 * The step that this attempt begins with, as far as it goes on with what was cut; null when it is asked as any other.
 *
 * @param parts what was kept of it
 */
export function cutStep(run: Run, step: number, parts: readonly StoredPart[]): CutStep | null {
  const answer = cutAnswer(run, step, parts)
  return answer.texts.length > 0 || answer.generation
    ? { answer, reserved: run.generation?.reserved ?? null }
    : null
}

/** Ends what the provider writes by itself, unless another attempt is to go on with it. */
export async function cancelUnlessLeft(
  generation: Generation,
  run: Run,
  { database, model }: Pick<RunDeps, 'database' | 'model'>,
  { stop, leave, lose }: RunSignals,
): Promise<void> {
  const isLeft = !stop.aborted && (leave.aborted || lose.aborted)
  const isDeleted = lose.aborted && (await findDeleted(database.db, 'runs', [run.id])).length > 0
  if (!isLeft || isDeleted) {
    // The answer ends without waiting for this, which never fails.
    void model.cancel?.(generation)
  }
}

/** Ends what the provider still writes of a step that is not gone on with. */
export function cancelCut(cut: CutStep | null, { model }: Pick<RunDeps, 'model'>): void {
  const generation = cut?.answer.generation
  if (generation) {
    void model.cancel?.(generation)
  }
}
