import type { ModelStep } from '../port.ts'

/** The ids of all calls in the conversation so far. */
export function earlierCallIds(step: ModelStep): Set<string> {
  return new Set(
    step.messages.flatMap((message) =>
      message.role === 'assistant' ? message.calls.map(({ id }) => id) : [],
    ),
  )
}
