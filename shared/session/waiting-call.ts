import type { ToolCall } from '../contract/tool.ts'

/** True for a call that the client carries out: no node carries it out, and the run waits for its output. */
export function isWithClient({ source, status }: ToolCall): boolean {
  return source === 'client' && status === 'running'
}

/** True for a call that waits for a person's decision or the client's output. The node gives its run up until then. */
export function waitsForOthers(call: ToolCall): boolean {
  return call.status === 'awaiting-approval' || isWithClient(call)
}
