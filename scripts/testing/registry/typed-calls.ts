import type { AppToolCall } from 'throughline-client'

/** The name of a call narrows the type of its output, in `strict` mode only. */
export function timeOf(call: AppToolCall): string | undefined {
  return call.name === 'current_time' ? call.output?.utc : undefined
}
