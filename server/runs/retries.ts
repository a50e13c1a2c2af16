import { keepFilesOfCall } from '../../db/queries/files/files.ts'
import { findRun } from '../../db/queries/runs/runs.ts'
import { findCall, findOrphanedCalls, updateCall } from '../../db/queries/messages/tool-calls.ts'
import type { NewCall } from '../../db/queries/messages/call-rows.ts'
import { findUser } from '../../db/queries/users.ts'
import { isActive } from '../../shared/contract/active.ts'
import { transact } from '../log/transaction.ts'
import type { SessionTransaction } from '../log/transaction.ts'
import { askedFirst, carryOut, recovered } from './calls.ts'
import type { RunDeps } from './deps.ts'
import { patiently } from './patiently.ts'

/** Carries out a call that a person wanted tried again, and records how it went, however long the database is away. */
export async function tryAgain(stored: NewCall, deps: RunDeps, signal: AbortSignal): Promise<void> {
  const patience = {
    onError: (error: unknown) => deps.onError(error, 'a call waits for the database'),
    signal,
  }
  const settled = await outcomeOf(stored, deps, patience).catch((error: unknown) => {
    signal.throwIfAborted()
    deps.onError(error, 'a call could not be tried again')
    return lost(stored)
  })
  await patiently(() => record(settled, deps), patience)
}

type Patience = Parameters<typeof patiently>[1]

async function outcomeOf(stored: NewCall, all: RunDeps, patience: Patience): Promise<NewCall> {
  const deps = { ...all, tools: all.tools.of(stored.userId) }
  const { signal } = patience
  const { db } = deps.database
  const user = await patiently(() => findUser(db, stored.userId), patience)
  const caller = { id: stored.userId, admin: user?.role === 'admin' }
  await deps.tools.prepare(stored.userId, signal)
  await deps.tools.untilPresent(stored.call.name, signal)
  // The tool may have come, or become another one, since a person said so.
  const asked = askedFirst(stored, deps.tools)
  if (asked) {
    return { ...stored, ...asked, owner: deps.node.id }
  }
  const of = await patiently(() => findRun(db, stored.runId), patience)
  const run = { sessionId: stored.sessionId, keyId: of?.keyId ?? null }
  const call = await carryOut(stored.call, deps, { caller, run, signal }, true)
  return { ...stored, call, owner: null }
}

/** Nobody knows whether it happened, whatever its tool says of itself: a person had it tried again for that. */
function lost(stored: NewCall): NewCall {
  const call = recovered({ ...stored.call, effect: 'once' })
  return { ...stored, owner: null, call: { ...call, effect: stored.call.effect } }
}

/**
 * Says of the calls that a node left in the middle of trying again that nobody knows how they went. Every node looks for
 * them in its sweep: the one that died may never start again, and its lease outlives it for a while.
 */
export async function recoverRetries(deps: RunDeps, limit: number): Promise<void> {
  for (const stored of await findOrphanedCalls(deps.database.db, limit)) {
    await record(lost(stored), deps)
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
