import { findActiveRun } from '../../db/runs.ts'
import { runs } from '../../shared/contract/api/messages.ts'
import { inSession } from './command.ts'
import { takeBack } from './unqueue-message.ts'

/** Stops the run that is going, and no other; queued messages then run unless they are cleared. */
export const stopRun = inSession(runs.stop, {
  session: (_db, _user, { sessionId }) => sessionId,
  run: async (transaction, { sessionId, runId, clearQueue }) => {
    if (clearQueue) {
      await takeBack(transaction)
    }
    const active = await findActiveRun(transaction.db, sessionId)
    return active && (!runId || active.id === runId)
      ? { result: { stopped: true }, effects: await transaction.stopRun(active) }
      : { result: { stopped: false }, effects: [] }
  },
})
