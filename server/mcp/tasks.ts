import { setTimeout as delay } from 'node:timers/promises'
import { ProtocolError } from '@modelcontextprotocol/client'
import { z } from 'zod'
import { CallLostError } from '../tools/tool.ts'
import type { ToolContext } from '../tools/tool.ts'
import { CallResult } from './call-result.ts'

/** How long the server keeps the result of a task, if it does as it is asked. Milliseconds. */
const TTL_MS = 24 * 60 * 60_000
/** Between two looks at a task: as the server wishes, within these. Milliseconds. */
const POLL = { usual: 1_000, least: 100, most: 30_000 }
const CANCEL_TIMEOUT_MS = 5_000

const Task = z.object({
  taskId: z.string().min(1).max(1_000),
  status: z.string().catch('working'),
  statusMessage: z.string().optional().catch(undefined),
  pollInterval: z.number().optional().catch(undefined),
})
const Created = z.object({ task: Task })

/** Asks the server something over its connection; the caller turns what fails into what it means. */
type Ask = (
  request: { method: string; params: Record<string, unknown> },
  signal: AbortSignal,
) => Promise<unknown>

/**
 * Makes a call as a task of its server (protocol revision 2025-11-25): the server gives an id for it, which is recorded
 * before anything is waited for. Whoever goes on with the call, after a lost connection or on another node, asks for
 * that task and makes no other one.
 */
export async function callAsTask(
  ask: Ask,
  params: { name: string; arguments: Record<string, unknown> },
  { task, signal, unhurried, onProgress }: ToolContext,
): Promise<CallResult> {
  let known = task?.known ?? null
  if (!known) {
    const asked = { ...params, task: { ttl: TTL_MS } }
    const made = await ask({ method: 'tools/call', params: asked }, signal)
    const created = Created.safeParse(made)
    // It may answer at once all the same.
    if (!created.success) return CallResult.parse(made)
    const { taskId: id, pollInterval: pollMs } = created.data.task
    known = { id, ...(pollMs !== undefined && { pollMs }) }
    await task?.record(known)
  }
  const { id, pollMs } = known
  const at = { taskId: id }
  try {
    return await unhurried(async () => {
      for (let looks = 0; ; looks += 1) {
        const found = Task.parse(await ask({ method: 'tasks/get', params: at }, signal))
        const { status, statusMessage: message, pollInterval } = found
        if (status === 'cancelled') throw new Error(message ?? 'The server cancelled the task.')
        if (status !== 'working') break
        if (message) onProgress?.({ done: looks, message: message.slice(0, 200) })
        await delay(bounded(pollInterval ?? pollMs), undefined, { signal })
      }
      // While it wants something of a person, it asks for that on this request's stream.
      return CallResult.parse(await ask({ method: 'tasks/result', params: at }, signal))
    })
  } catch (error) {
    if (signal.aborted && !task?.goesOn()) {
      await ask(
        { method: 'tasks/cancel', params: at },
        AbortSignal.timeout(CANCEL_TIMEOUT_MS),
      ).catch(() => undefined)
    }
    if (error instanceof ProtocolError && isUnknownTask(error)) {
      throw new CallLostError('The server does not know the task of this call any more.', {
        cause: error,
      })
    }
    throw error
  }
}

function bounded(pollMs: number | undefined): number {
  return Math.min(POLL.most, Math.max(POLL.least, pollMs ?? POLL.usual))
}

/** The protocol says: invalid parameters. Some servers say that they have not found it. */
function isUnknownTask({ code, message }: ProtocolError): boolean {
  return (
    code === -32_602 || code === -32_002 || /task.*(?:not found|unknown|expired)/i.test(message)
  )
}
