import type { RunError, RunErrorCode } from '../../shared/contract/errors.ts'
import type { ScriptedCall } from './scripted-model.ts'

/**
 * A planned answer of the model: a text, streamed word by word; or, after an optional text, tool calls, an error, or
 * silence until the server's timeout (`LLM_TIMEOUT`, `LLM_IDLE_TIMEOUT`).
 */
export type ScriptedAnswer =
  | string
  | { text?: string; tools: readonly { name: string; input: unknown }[] }
  | { text?: string; error: RunErrorCode | RunError }
  | { text?: string; stall: true }

/** Answers one call of the model as planned. */
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

/** Splits into words, each with the space that follows it. */
function words(text: string): string[] {
  return text.match(/\S+\s*|\s+/g) ?? []
}
