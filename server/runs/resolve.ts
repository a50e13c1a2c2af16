import type { Db } from '../../db/database.ts'
import { lockSession } from '../../db/sessions.ts'
import { type NewCall, findCall, findOrphanedCalls, updateCall } from '../../db/tool-calls.ts'
import { findUser } from '../../db/users.ts'
import type { SessionId } from '../../shared/contract/ids.ts'
import type { ToolCall } from '../../shared/contract/tool.ts'
import type { Appender } from '../log/port.ts'
import { askedFirst, carryOut, recovered } from './calls.ts'
import { tellOfCall } from './decide.ts'
import type { RunDeps } from './deps.ts'
import { CommandError, type ResolveCommand } from './port.ts'

/**
 * Records how a call went whose outcome was hidden, as a person found out, or that it is to be tried again. That is a
 * start like any other: where the tool asks, a person is asked about just this one, for an approval holds once.
 *
 * @returns the call as it is now; when it is running again, this node is to carry it out
 */
export async function resolveCall(
  transaction: Db,
  log: Appender,
  command: ResolveCommand,
  sessionId: SessionId,
  { node, now, tools }: Pick<RunDeps, 'node' | 'now' | 'tools'>,
): Promise<NewCall> {
  const { userId, callId, outcome, note } = command
  await lockSession(transaction, userId, sessionId)
  const stored = await findCall(transaction, userId, callId)
  if (stored?.call.status !== 'unknown') {
    throw new CommandError('CONFLICT', 'The outcome of this call is known.')
  }
  const isRetry = outcome === 'retry'
  const fresh = { ...stored, approvalHash: null, owner: isRetry ? node.id : null }
  const asked = isRetry ? askedFirst(fresh, tools) : null
  const changed = { ...fresh, call: resolved(stored.call, outcome, note, now()), ...asked }
  await updateCall(transaction, changed)
  await tellOfCall(transaction, log, changed)
  return changed
}

function resolved(
  { error: _, ...call }: ToolCall,
  outcome: ResolveCommand['outcome'],
  note: string | undefined,
  now: string,
): ToolCall {
  const said = note ? ` ${note}` : ''
  switch (outcome) {
    case 'happened':
      return {
        ...call,
        status: 'completed',
        error: `A person found out that this call happened.${said}`,
      }
    case 'did-not-happen':
      return {
        ...call,
        status: 'failed',
        error: `A person found out that this call did not happen.${said}`,
      }
    case 'retry':
      return { ...call, status: 'running', startedAt: now }
  }
}

/** Carries out a call that a person wanted tried again, and records how it went. */
export async function tryAgain(stored: NewCall, deps: RunDeps, signal: AbortSignal): Promise<void> {
  const user = await findUser(deps.database.db, stored.userId)
  const caller = { id: stored.userId, admin: user?.role === 'admin' }
  await deps.tools.untilPresent(stored.call.name, signal)
  // The tool may have come, or become another one, since a person said so.
  const asked = askedFirst(stored, deps.tools)
  if (asked) {
    return record({ ...stored, ...asked, owner: deps.node.id }, deps)
  }
  const call = await carryOut(stored.call, deps, { caller, signal }, true)
  await record({ ...stored, call, owner: null }, deps)
}

/**
 * Says of the calls that a node left in the middle of trying again that nobody knows how they went. Every node looks for
 * them in its sweep: the one that died may never start again, and its lease outlives it for a while.
 */
export async function recoverRetries(deps: RunDeps, limit: number): Promise<void> {
  for (const stored of await findOrphanedCalls(deps.database.db, limit)) {
    const call = recovered({ ...stored.call, effect: 'once' })
    await record({ ...stored, owner: null, call: { ...call, effect: stored.call.effect } }, deps)
  }
}

/** Records what became of a call that was to be tried again, unless somebody has done so. */
async function record(stored: NewCall, { log }: Pick<RunDeps, 'log'>): Promise<void> {
  await log.append(stored.sessionId, async (transaction, appender) => {
    await lockSession(transaction, stored.userId, stored.sessionId)
    const current = await findCall(transaction, stored.userId, stored.call.id)
    if (current?.owner && current.call.status === 'running') {
      await updateCall(transaction, stored)
      await tellOfCall(transaction, appender, stored)
    }
  })
}
