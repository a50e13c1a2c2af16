import type { ModelDelta, ModelStep } from './port.ts'

/** Watches an answer as it streams: whether it has any content, and whether it is longer than it could be. */
export type AnswerMeasure = {
  add(delta: ModelDelta): void
  /** True when the answer is longer than its limit of tokens allows, or has more calls than a step can need. */
  readonly endless: boolean
  /** True when an answer that ends with these deltas has no text for the user and no call. */
  isEmpty(ending: readonly ModelDelta[]): boolean
}

export function measureAnswer(step: ModelStep): AnswerMeasure {
  const limit = Math.max(MIN_LENGTH, step.maxTokens * UNITS_PER_TOKEN)
  let length = 0
  let calls = 0
  let said = step.cut?.texts.some(({ kind }) => kind !== 'reasoning') ?? false
  const add = (delta: ModelDelta): void => {
    length += 1
    if ('text' in delta) {
      length += delta.text.length
      said ||= delta.type !== 'reasoning' && delta.text.trim() !== ''
    }
    if (delta.type !== 'tool') return
    length += delta.arguments.length
    if ('name' in delta) calls += 1
  }
  return {
    add,
    get endless() {
      return length > limit || calls > MAX_CALLS
    },
    isEmpty(ending) {
      for (const delta of ending) add(delta)
      const last = ending.at(-1)
      const finish = last?.type === 'finish' ? last.finish : null
      // An answer that a content filter removed is empty for a known reason, which its ending gives.
      if (said || finish === 'tool-calls' || finish === 'content-filter') return false
      return finish === 'length' || !saidBefore(step)
    },
  }
}

/** Some models put all text beside a call and none after its result. Then the answer as a whole is not empty. */
function saidBefore({ messages }: ModelStep): boolean {
  const question = messages.findLastIndex(({ role }) => role === 'user')
  return messages
    .slice(question + 1)
    .some((message) => message.role === 'assistant' && message.text.trim() !== '')
}

/** Far more UTF-16 units than a token ever has. */
const UNITS_PER_TOKEN = 40
const MIN_LENGTH = 200_000
const MAX_CALLS = 128
