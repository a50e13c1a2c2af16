import { keepFilesOfCall } from '../../db/queries/files/files.ts'
import { findRun } from '../../db/queries/runs/runs.ts'
import { findCall, findOrphanedCalls, updateCall } from '../../db/queries/messages/tool-calls.ts'
import type { NewCall } from '../../db/queries/messages/call-rows.ts'
import { findUser } from '../../db/queries/users.ts'
import type { CallId } from '../../shared/contract/ids.ts'
import { retryOutages } from '../log/outages.ts'
import { transact } from '../log/transaction.ts'
import { askedFirst, carryOut, recovered } from './calls.ts'
import { idsOfCall, idsOfRun } from '../log-ids.ts'
import type { RunDeps } from './deps.ts'
import { logCall } from './lines.ts'
import { recordCallState } from './recording/call-state.ts'
import type { SetAside } from './sweep/set-aside.ts'

/**
 * Carries out a call again because a person asked for it, and records its outcome, however long the database is away.
 */
export async function tryAgain(stored: NewCall, deps: RunDeps, signal: AbortSignal): Promise<void> {
  const retries = {
    onError: (error: unknown) =>
      deps.onError(error, 'a call waits for the database', idsOfCall(stored)),
    signal,
  }
  const settled = await outcomeOf(stored, deps, retries).catch((error: unknown) => {
    signal.throwIfAborted()
    deps.onError(error, 'a call could not be tried again', idsOfCall(stored))
    return lost(stored)
  })
  await retryOutages(() => record(settled, stored, deps), retries)
  logCall(
    { ...deps, logger: deps.logger.child(idsOfRun({ ...stored, id: stored.runId })) },
    settled.call,
  )
}

type Retries = Parameters<typeof retryOutages>[1]

async function outcomeOf(stored: NewCall, all: RunDeps, retries: Retries): Promise<NewCall> {
  const deps = { ...all, tools: all.tools.of(stored.userId) }
  const { signal } = retries
  const { db } = deps.database
  const user = await retryOutages(() => findUser(db, stored.userId), retries)
  const caller = { id: stored.userId, admin: user?.role === 'admin' }
  await deps.tools.prepare(stored.userId, signal)
  await deps.tools.untilPresent(stored.call.name, signal)
  // The tool may have been added or changed since the person asked for it, so its approval is checked again.
  const asked = askedFirst(stored, deps.tools)
  if (asked) {
    return { ...stored, ...asked, owner: deps.node.id }
  }
  const of = await retryOutages(() => findRun(db, stored.runId), retries)
  const run = { sessionId: stored.sessionId, keyId: of?.keyId ?? null }
  const call = await carryOut(stored.call, deps, { caller, run, signal }, true)
  return { ...stored, call, owner: null }
}

/** The outcome is unknown, whatever effect its tool declares: that is why a person had it tried again. */
function lost(stored: NewCall): NewCall {
  const call = recovered({ ...stored.call, effect: 'once' })
  return { ...stored, owner: null, call: { ...call, effect: stored.call.effect } }
}

/**
 * Records as unknown the outcome of calls that a node was trying again when it died. Every node looks for them in its
 * sweep, because the dead one may never start again. It finds them when the lease of that node has ended.
 */
export async function recoverRetries(
  deps: RunDeps,
  limit: number,
  failed: SetAside<CallId>,
): Promise<void> {
  const { database, onError } = deps
  for (const stored of await findOrphanedCalls(database.db, limit, failed.ids())) {
    await record(lost(stored), stored, deps).catch((error: unknown) => {
      failed.add(stored.call.id)
      const what = 'a call that was left while it was tried again could not be recorded'
      onError(error, what, idsOfCall(stored))
    })
  }
}

/**
 * Records the outcome of a call that was tried again, unless that was done before.
 *
 * @param tried the call when this try began. A person may have had it tried again since, on any node; then the outcome
 *   of that newer try counts
 */
async function record(
  stored: NewCall,
  tried: NewCall,
  { log }: Pick<RunDeps, 'log'>,
): Promise<void> {
  await transact(
    log,
    stored,
    async (transaction) => {
      await transaction.lock()
      const current = await findCall(transaction.db, stored.userId, stored.call.id)
      if (current?.owner && current.call.status === 'running' && isSameTry(current, tried)) {
        const call = await keepFilesOfCall(transaction.db, stored, stored.call)
        await updateCall(transaction.db, { ...stored, call })
        await recordCallState(transaction, { ...stored, call })
      }
    },
    'answer',
  )
}

function isSameTry(current: NewCall, tried: NewCall): boolean {
  return current.owner === tried.owner && current.call.startedAt === tried.call.startedAt
}
