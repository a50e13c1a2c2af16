import type { Run } from '../../db/queries/runs/runs.ts'
import type { SpanOptions } from './telemetry.ts'

/** One attempt at an answer. */
export function runSpan(run: Pick<Run, 'id' | 'sessionId' | 'attempt' | 'model'>): SpanOptions {
  return {
    name: 'invoke_agent throughline',
    kind: 'internal',
    attributes: {
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.name': 'throughline',
      'gen_ai.conversation.id': run.sessionId,
      'gen_ai.request.model': run.model,
      'throughline.run.id': run.id,
      'throughline.run.attempt': run.attempt,
    },
  }
}

/** The span of one step: from the context for the model to the recording of its answer. */
export function stepSpan(step: number): SpanOptions {
  return { name: 'step', kind: 'internal', attributes: { 'throughline.step': step } }
}
