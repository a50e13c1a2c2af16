import { type AppToolCall } from 'throughline-client'

/** The name of a call tells the type of its output; with `strict` only. */
export function timeOf(call: AppToolCall): string | undefined {
  return call.name === 'current_time' ? call.output?.utc : undefined
}
