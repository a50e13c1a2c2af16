import { setTimeout as delay } from 'node:timers/promises'
import { ProtocolError } from '@modelcontextprotocol/client'
import { z } from 'zod'
import type { StoredTask } from '../../../db/stored-values.ts'
import { CallLostError } from '../../tools/tool.ts'
import type { ToolContext } from '../../tools/tool.ts'
import { isCut, TaskUnseenError } from './call-error.ts'
import { CallResult } from './call-result.ts'
import { SignedOutError } from '../oauth/logins.ts'

/** The requested lifetime of a task's result, which is also the longest wait. Milliseconds. */
const TTL_MS = 24 * 60 * 60_000
/** The interval of polls of a task: the server's wish within these limits. Milliseconds. */
const POLL = { usual: 1_000, least: 100, most: 30_000 }
/** The most retries of one failed poll, each after twice the time: a minute and a half in all. */
const MAX_REPEATS = 10
const CANCEL_TIMEOUT_MS = 5_000

const Task = z.object({
  taskId: z.string().min(1).max(1_000),
  status: z.string().catch('working'),
  statusMessage: z.string().optional().catch(undefined),
  pollInterval: z.number().optional().catch(undefined),
})
const Created = z.object({ task: Task })

type Request = { method: string; params: Record<string, unknown> }

/** The connection over which a task is made and read. */
type Connection = {
  /**
   * Sends a request to the server; the caller interprets its failure.
   *
   * @param isSmall false when the answer may take as long as a person, or the call itself
   */
  ask(request: Request, signal: AbortSignal, isSmall: boolean): Promise<unknown>
  /** True when the failure of a request means that the connection has ended. */
  isOver(error: unknown): boolean
  /** Milliseconds of a clock that never goes back. */
  now(): number
}

/** The context of the same call for another try, with the task that it has recorded. */
export function rememberTask(context: ToolContext): ToolContext {
  const { task } = context
  if (!task) return context
  let { known } = task
  const record = async (made: StoredTask) => {
    await task.record(made)
    known = made
  }
  const remembered = {
    get known() {
      return known
    },
    goesOn: () => task.goesOn(),
    record,
  }
  return { ...context, task: remembered }
}

/**
 * Makes a call as a task of its server (protocol revision 2025-11-25). The server returns an id for it, which is
 * recorded before anything else. After a lost connection, or on another node, the call goes on with that task instead
 * of making another.
 */
export async function callAsTask(
  connection: Connection,
  params: { name: string; arguments: Record<string, unknown> },
  { task, signal, unhurried, onProgress }: ToolContext,
): Promise<CallResult> {
  let known = task?.known ?? null
  if (!known) {
    const asked = { ...params, task: { ttl: TTL_MS } }
    const made = await connection.ask({ method: 'tools/call', params: asked }, signal, false)
    const created = Created.safeParse(made)
    // It may answer at once all the same.
    if (!created.success) return CallResult.parse(made)
    const { taskId: id, pollInterval: pollMs } = created.data.task
    known = { id, ...(pollMs !== undefined && { pollMs }) }
    await task?.record(known)
  }
  const { id, pollMs } = known
  const at = { taskId: id }
  const since = connection.now()
  try {
    return await unhurried(async () => {
      let isDone = false
      for (let looks = 0; !isDone; looks += 1) {
        const found = read(
          Task,
          await look(connection, { method: 'tasks/get', params: at }, signal),
        )
        const { status, statusMessage: message, pollInterval } = found
        if (status === 'cancelled') {
          throw new CallLostError(message ?? 'The server cancelled the task.')
        }
        isDone = /^(?:completed|failed)$/.test(status)
        if (status !== 'working') break
        if (connection.now() - since > TTL_MS) {
          throw new CallLostError('The task of this call did not end within a day.')
        }
        if (message) onProgress?.({ done: looks, message: message.slice(0, 200) })
        await delay(bounded(pollInterval ?? pollMs), undefined, { signal })
      }
      // While it wants something of a person, it asks for that on this request's stream.
      const request = { method: 'tasks/result', params: at }
      return read(CallResult, await look(connection, request, signal, isDone))
    })
  } catch (error) {
    if (signal.aborted && !task?.goesOn()) {
      const over = AbortSignal.timeout(CANCEL_TIMEOUT_MS)
      await connection
        .ask({ method: 'tasks/cancel', params: at }, over, true)
        .catch(() => undefined)
    }
    if (error instanceof ProtocolError && isUnknownTask(error)) {
      throw new CallLostError('The server does not know the task of this call any more.', {
        cause: error,
      })
    }
    throw error
  }
}

/** Reads a task's state. A failure says nothing about the task, which goes on, so it is retried for a while. */
async function look(
  { ask, isOver }: Connection,
  request: Request,
  signal: AbortSignal,
  isSmall = true,
): Promise<unknown> {
  for (let repeats = 0; ; repeats += 1) {
    try {
      return await ask(request, signal, isSmall)
    } catch (error) {
      if (signal.aborted || isOver(error) || isAnswer(error, request)) throw error
      if (repeats >= MAX_REPEATS) {
        throw new TaskUnseenError('The server does not say what became of the task of this call.', {
          cause: error,
        })
      }
      await delay(bounded(POLL.least * 2 ** repeats), undefined, { signal })
    }
  }
}

/** True when an error is the server's answer about the task or the person, so that a retry would not help. */
function isAnswer(error: unknown, { method }: Request): boolean {
  if (!(error instanceof ProtocolError)) return error instanceof SignedOutError
  return isUnknownTask(error) || (method === 'tasks/result' && !isCut(error))
}

function read<T>(schema: z.ZodType<T>, answer: unknown): T {
  const { data, error } = schema.safeParse(answer)
  if (data !== undefined) return data
  throw new CallLostError('The server’s answer about the task of this call cannot be read.', {
    cause: error,
  })
}

function bounded(pollMs: number | undefined): number {
  return Math.min(POLL.most, Math.max(POLL.least, pollMs ?? POLL.usual))
}

/** The protocol's error for it is invalid parameters; some servers answer that they have not found it. */
function isUnknownTask({ code, message }: ProtocolError): boolean {
  return (
    code === -32_602 || code === -32_002 || /task.*(?:not found|unknown|expired)/i.test(message)
  )
}
