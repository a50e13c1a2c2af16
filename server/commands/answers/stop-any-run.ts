import { findRun, requestStop } from '../../../db/queries/runs/runs.ts'
import { findUser } from '../../../db/queries/users.ts'
import { adminRuns } from '../../../shared/contract/api/admin.ts'
import { runs } from '../../../shared/contract/api/messages.ts'
import { notFound } from '../../api-error.ts'
import { audit } from '../../audit.ts'
import { localAsker } from '../../auth/local-owner.ts'
import { toUser } from '../../auth/user.ts'
import { mutation } from '../../trpc.ts'
import { inSession } from '../command.ts'
import { execute } from '../execute.ts'

/** Stops a run in the name of its owner. A queued run is marked, and ends as soon as it begins. */
const stopAsOwner = inSession(runs.stop, {
  session: (_db, _user, { sessionId }) => sessionId,
  urgency: 'answer',
  run: async (transaction, { runId }) => {
    const { db } = transaction
    const run = runId ? await findRun(db, runId) : null
    if (!run) {
      throw notFound('run')
    }
    switch (run.status) {
      case 'running':
      case 'waiting':
        return { result: { stopped: true }, effects: await transaction.stopRun(run) }
      case 'queued':
        await requestStop(db, run.id, transaction.now())
        return {
          result: { stopped: true },
          effects: [{ type: 'start-waiting', userId: run.userId }],
        }
      default:
        return { result: { stopped: false }, effects: [] }
    }
  },
})

export const stopAnyRun = mutation(
  adminRuns.stop,
  async ({ services, user, address }, { runId }) => {
    const { db } = services.database
    const run = await findRun(db, runId)
    const owner = run && (await findUser(db, run.userId))
    if (!run || !owner) {
      throw notFound('run')
    }
    const { sessionId } = run
    const requester = { ...localAsker(toUser(owner)), address: null }
    const { stopped } = await execute(services, requester, stopAsOwner, {
      ...{ sessionId, runId },
      clearQueue: false,
    })
    if (stopped) {
      await audit(db, { user, address: address ?? null }, services.now(), {
        action: 'run.stopped',
        targetId: runId,
        detail: { sessionId },
      })
    }
    return { stopped }
  },
)
