import type { OutputFormat } from '../../../shared/contract/run-options.ts'
import type { RunError } from '../../../shared/contract/errors.ts'
import type { StoredPart } from '../../../db/stored-values.ts'
import { ThreadLimitError, ThreadRefusal, workInThread } from '../../concurrency/threads.ts'

/** A schema, and a text that has to be valid by it; with null only the schema is checked. */
export type OutputTask = { schema: Record<string, unknown> | null; text: string | null }

/**
 * Schemas come from outside, are compiled to code, and may have patterns that take for ever. They run in a thread with
 * limits of time and memory.
 */
const inThread = workInThread<OutputTask, null>('./check-worker', import.meta.url, {
  ...{ atOnce: 2, waiting: 500, memoryMb: 128, deadlineMs: 5_000 },
})

/** The reason why answers cannot be checked by this schema; null when they can. */
export async function problemOfSchema(schema: Record<string, unknown>): Promise<string | null> {
  return problemOf({ schema, text: null })
}

/** The reason why a complete answer is not valid by the schema; null when it is, or when it is a refusal. */
export async function problemOfOutput(
  output: OutputFormat | undefined,
  parts: readonly StoredPart[],
): Promise<RunError | null> {
  if (!output) return null
  // Text before and between calls is not the answer. An answer that was cut and continued has several text parts.
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
