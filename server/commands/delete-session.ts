import { findActiveRun } from '../../db/runs.ts'
import { deleteSession as deleteAll } from '../../db/sessions.ts'
import { sessions } from '../../shared/contract/api/sessions.ts'
import { inSession } from './command.ts'

export const deleteSession = inSession(sessions.delete, {
  session: (_db, _user, { id }) => id,
  run: async ({ db, log, userId }, { id }) => {
    const active = await findActiveRun(db, id)
    await deleteAll(db, id)
    log.dropAll()
    const deleted = { type: 'session-deleted', sessionId: id, userId } as const
    return { result: { id }, effects: [{ ...deleted, runId: active?.id ?? null }] }
  },
})
