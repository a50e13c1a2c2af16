import { updateSession as update } from '../../db/sessions.ts'
import { sessions } from '../../shared/contract/api/sessions.ts'
import { inSession } from './command.ts'

export const updateSession = inSession(sessions.update, {
  session: (_db, _user, { id }) => id,
  run: async (transaction, { id, ...change }) => {
    await update(transaction.db, id, {
      ...change,
      ...(change.title !== undefined && { titleSource: change.title === null ? null : 'person' }),
      updatedAt: transaction.now(),
    })
    return { result: await transaction.addSession(), effects: [] }
  },
})
