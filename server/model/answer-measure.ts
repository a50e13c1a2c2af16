import type { ModelDelta, ModelStep } from './port.ts'

/** Looks at an answer as it goes out: whether it says anything, and whether it goes on beyond all measure. */
export type AnswerMeasure = {
  add(delta: ModelDelta): void
  /** Longer than any answer of so many tokens, or with more calls than a step can mean. */
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
      // An answer that a content filter removed has an ending that says so.
      if (said || finish === 'tool-calls' || finish === 'content-filter') return false
      return finish === 'length' || !saidBefore(step)
    },
  }
}

/** Some models say everything beside a call and nothing after its result: the answer as a whole has content. */
function saidBefore({ messages }: ModelStep): boolean {
  const question = messages.findLastIndex(({ role }) => role === 'user')
  return messages
    .slice(question + 1)
    .some((message) => message.role === 'assistant' && message.text.trim() !== '')
}

/** Far more than tokens take, in UTF-16 units. */
const UNITS_PER_TOKEN = 40
const MIN_LENGTH = 200_000
const MAX_CALLS = 128
