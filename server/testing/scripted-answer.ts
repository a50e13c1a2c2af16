import type { RunError, RunErrorCode } from '../../shared/contract/errors.ts'
import type { ScriptedCall } from './scripted-model.ts'

/**
 * What the model answers when it is asked: a text, which is streamed word by word; after a text that may be left out,
 * calls of tools, an error, or nothing more until the server loses its patience (`LLM_TIMEOUT`, `LLM_IDLE_TIMEOUT`).
 */
export type ScriptedAnswer =
  | string
  | { text?: string; tools: readonly { name: string; input: unknown }[] }
  | { text?: string; error: RunErrorCode | RunError }
  | { text?: string; stall: true }

/** Lets one call of the model be answered as planned. */
export function perform(call: ScriptedCall, answer: ScriptedAnswer): void {
  const { text = '' } = typeof answer === 'string' ? { text: answer } : answer
  call.say(...words(text))
  if (typeof answer === 'string') {
    call.finish()
  } else if ('tools' in answer) {
    call.callTools(...answer.tools.map(({ name, input }) => ({ name, arguments: input })))
  } else if ('error' in answer) {
    call.fail(answer.error)
  }
}

/** Each with the space that follows it. */
function words(text: string): string[] {
  return text.match(/\S+\s*|\s+/g) ?? []
}
