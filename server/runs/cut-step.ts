import { findDeleted } from '../../db/queries/sessions/deleted.ts'
import type { Run } from '../../db/queries/runs/runs.ts'
import type { StoredPart } from '../../db/stored-values.ts'
import type { CutAnswer, Generation } from '../model/port.ts'
import type { CutStep } from './prompt/ask-within-limits.ts'
import type { RunDeps, RunSignals } from './deps.ts'

/** The parts of the cut step with this number that readers have seen. */
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
 * The cut step with which this attempt goes on; null when nothing of it was kept and the step is asked anew.
 *
 * @param parts the parts of the step that were kept
 */
export function cutStep(run: Run, step: number, parts: readonly StoredPart[]): CutStep | null {
  const answer = cutAnswer(run, step, parts)
  return answer.texts.length > 0 || answer.generation
    ? { answer, reserved: run.generation?.reserved ?? null }
    : null
}

/** Cancels an answer that the provider writes in the background, unless another attempt will go on with it. */
export async function cancelUnlessLeft(
  generation: Generation,
  run: Run,
  { database, model }: Pick<RunDeps, 'database' | 'model'>,
  { stop, leave, lose }: RunSignals,
): Promise<void> {
  const isLeft = !stop.aborted && (leave.aborted || lose.aborted)
  const isDeleted = lose.aborted && (await findDeleted(database.db, 'runs', [run.id])).length > 0
  if (!isLeft || isDeleted) {
    // The answer ends without waiting for the cancellation, which never throws.
    void model.cancel?.(generation)
  }
}

/** Cancels what the provider still writes of a cut step that does not go on. */
export function cancelCut(cut: CutStep | null, { model }: Pick<RunDeps, 'model'>): void {
  const generation = cut?.answer.generation
  if (generation) {
    void model.cancel?.(generation)
  }
}
