import { keepFilesOfCall } from '../../db/queries/files/files.ts'
import { findRun } from '../../db/queries/runs/runs.ts'
import { findCall, findOrphanedCalls, updateCall } from '../../db/queries/messages/tool-calls.ts'
import type { NewCall } from '../../db/queries/messages/tool-calls.ts'
import { findUser } from '../../db/queries/users.ts'
import { isActive } from '../../shared/contract/active.ts'
import { transact } from '../log/transaction.ts'
import type { SessionTransaction } from '../log/transaction.ts'
import { askedFirst, carryOut, recovered } from './calls.ts'
import type { RunDeps } from './deps.ts'

/** Carries out a call that a person wanted tried again, and records how it went. */
export async function tryAgain(stored: NewCall, all: RunDeps, signal: AbortSignal): Promise<void> {
  const deps = { ...all, tools: all.tools.of(stored.userId) }
  const user = await findUser(deps.database.db, stored.userId)
  const caller = { id: stored.userId, admin: user?.role === 'admin' }
  await deps.tools.prepare(stored.userId, signal)
  await deps.tools.untilPresent(stored.call.name, signal)
  // The tool may have come, or become another one, since a person said so.
  const asked = askedFirst(stored, deps.tools)
  if (asked) {
    return record({ ...stored, ...asked, owner: deps.node.id }, deps)
  }
  const of = await findRun(deps.database.db, stored.runId)
  const run = { sessionId: stored.sessionId, keyId: of?.keyId ?? null }
  const call = await carryOut(stored.call, deps, { caller, run, signal }, true)
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
  await transact(
    log,
    stored,
    async (transaction) => {
      await transaction.lock()
      const current = await findCall(transaction.db, stored.userId, stored.call.id)
      if (current?.owner && current.call.status === 'running') {
        const call = await keepFilesOfCall(transaction.db, stored, stored.call)
        await updateCall(transaction.db, { ...stored, call })
        await recordCallState(transaction, { ...stored, call })
      }
    },
    'answer',
  )
}

/** Tells of a call's new state: as part of its run, or, after that has ended, as a change of the message. */
export async function recordCallState(
  transaction: SessionTransaction,
  stored: NewCall,
): Promise<void> {
  const run = await findRun(transaction.db, stored.runId)
  if (run && isActive(run)) {
    transaction.addCall(stored)
  } else {
    await transaction.addMessage(stored.messageId)
  }
}
