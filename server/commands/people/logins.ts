import { deleteLogin } from '../../../db/queries/logins.ts'
import { logins } from '../../../shared/contract/api/account.ts'
import { notFound } from '../../api-error.ts'
import { audit } from '../../audit.ts'
import { free } from '../command.ts'

export const endLogin = free(logins.revoke, async ({ database, user, address, now }, { id }) => {
  await database.db.transaction().execute(async (transaction) => {
    if (!(await deleteLogin(transaction, user.id, id))) {
      throw notFound('login')
    }
    const revoked = { action: 'login.revoked', targetId: id, detail: {} } as const
    await audit(transaction, { user, address }, now(), revoked)
  })
  return { result: { id }, effects: [{ type: 'logins-changed' }] }
})
