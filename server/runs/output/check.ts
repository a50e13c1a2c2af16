import type { OutputFormat } from '../../../shared/contract/run-options.ts'
import type { RunError } from '../../../shared/contract/errors.ts'
import type { StoredPart } from '../../../db/stored-values.ts'
import { ThreadLimitError, ThreadRefusal, workInThread } from '../../concurrency/threads.ts'

/** A schema, and the text that is to be valid by it; null asks about the schema alone. */
export type OutputTask = { schema: Record<string, unknown> | null; text: string | null }

/**
 * Schemas come from outside, become code, and may hold patterns that take for ever: they are compiled and used in a thread
 * with bounds.
 */
const inThread = workInThread<OutputTask, null>('./check-worker', import.meta.url, {
  ...{ atOnce: 2, waiting: 500, memoryMb: 128, deadlineMs: 5_000 },
})

/** Why answers cannot be checked by this schema; null when they can. */
export async function problemOfSchema(schema: Record<string, unknown>): Promise<string | null> {
  return problemOf({ schema, text: null })
}

/** Why an answer that is complete is not what was asked for; null when it is, or when it refuses. */
export async function problemOfOutput(
  output: OutputFormat | undefined,
  parts: readonly StoredPart[],
): Promise<RunError | null> {
  if (!output) return null
  // What was said before and between calls is not the answer. One that was cut and continued has several parts.
  const said = parts.slice(parts.findLastIndex(({ type }) => type === 'tool') + 1)
  if (said.some(({ type }) => type === 'refusal')) return null
  const text = said.map((part) => (part.type === 'text' ? part.text : '')).join('')
  const problem = await problemOf({ schema: output.schema ?? null, text })
  const message = `The answer is not the JSON that was asked for: ${problem}`
  return problem === null ? null : { code: 'output_invalid', message, retryable: true }
}

async function problemOf(task: OutputTask): Promise<string | null> {
  try {
    return await inThread(task)
  } catch (error) {
    if (error instanceof ThreadRefusal) return error.message
    if (error instanceof ThreadLimitError) return 'its schema takes too much to be checked.'
    throw error
  }
}
