import type { RunError } from '../../shared/contract/errors.ts'
import type { Finish } from '../../shared/contract/events.ts'
import type {
  Generation,
  ModelDelta,
  ModelPort,
  ModelStep,
  ModelUsage,
  ProviderState,
} from '../model/port.ts'
import { safeStream } from '../model/text/safe-stream.ts'
import type { RunRecorder } from './recording/recorder.ts'

export type AskedCall = { providerId: string; name: string; arguments: string }

/** The result of one model call. */
export type StepResult = {
  end:
    | { type: 'finished'; finish: Exclude<Finish, 'max-steps'>; calls: AskedCall[] }
    | { type: 'failed'; error: RunError }
    /** The cut answer cannot go on, so the step has to be done anew. */
    | { type: 'gone' }
    | { type: 'aborted' }
  /** The id of an answer that the provider may still be writing in the background. */
  generation: Generation | null
  model: string
  usage: ModelUsage | null
  providerState: ProviderState | null
  /** UTF-16 units of everything that arrived: text, reasoning, arguments. */
  length: number
  /** The model's context window in tokens, if it refused a request as too long and stated it. */
  contextWindow: number | null
  /** Notices for the person about changes of the request. */
  notes: string[]
}

/**
 * Asks the model for one step and records its text as it arrives. Its calls are gathered, to be recorded together.
 *
 * @param onError gets an error that the model port threw although it must not throw
 * @param longest UTF-16 units after which the request is aborted, for a provider that ignores its limit of tokens
 */
export async function askModel(
  model: ModelPort,
  step: ModelStep,
  recorder: Pick<RunRecorder, 'text' | 'waits'> & { generation(at: Generation): Promise<void> },
  signal: AbortSignal,
  onError: (error: unknown) => void,
  longest = Number.POSITIVE_INFINITY,
): Promise<StepResult> {
  const calls = new Map<number, AskedCall>()
  let retries = 0
  const result: StepResult = {
    end: { type: 'aborted' },
    generation: step.cut?.generation ?? null,
    model: step.model,
    usage: null,
    providerState: null,
    length: 0,
    contextWindow: null,
    notes: [],
  }
  for await (const delta of safeStream(model, step, signal, onError)) {
    if (signal.aborted) {
      break
    }
    if (result.length > longest) {
      result.end = { type: 'finished', finish: 'length', calls: [] }
      break
    }
    result.length += lengthOf(delta)
    switch (delta.type) {
      case 'start':
        result.model = delta.model
        break
      case 'generation':
        result.generation = delta.generation
        await recorder.generation(delta.generation)
        break
      case 'text':
      case 'reasoning':
      case 'refusal':
        if (delta.text !== '') {
          await recorder.text(delta.type, delta.text)
        }
        break
      case 'tool': {
        const call = calls.get(delta.call)
        if (call) {
          call.arguments += delta.arguments
        } else if ('id' in delta) {
          calls.set(delta.call, {
            providerId: delta.id,
            name: delta.name,
            arguments: delta.arguments,
          })
        }
        break
      }
      case 'retry':
        retries += 1
        await recorder.waits({ ...delta, retry: retries })
        break
      case 'usage':
        result.usage = delta.usage
        break
      case 'note':
        result.notes.push(delta.note)
        break
      case 'provider-state':
        result.providerState = delta.state
        break
      case 'finish':
        result.generation = null
        result.end = {
          type: 'finished',
          finish: delta.finish === 'tool-calls' ? 'stop' : delta.finish,
          calls: delta.finish === 'tool-calls' ? [...calls.values()] : [],
        }
        break
      case 'error':
        result.end = delta.isGone ? { type: 'gone' } : { type: 'failed', error: delta.error }
        result.contextWindow = delta.contextWindow ?? null
        break
    }
  }
  return result
}

function lengthOf(delta: ModelDelta): number {
  if (delta.type === 'tool') {
    return delta.arguments.length + 1
  }
  return 'text' in delta ? delta.text.length : 0
}
