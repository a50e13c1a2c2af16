import { deleteLogin } from '../../db/queries/logins.ts'
import { logins } from '../../shared/contract/api/account.ts'
import { notFound } from '../api-error.ts'
import { free } from './command.ts'

export const endLogin = free(logins.revoke, async ({ database, user }, { id }) => {
  if (!(await deleteLogin(database.db, user.id, id))) {
    throw notFound('login')
  }
  return { result: { id }, effects: [{ type: 'logins-changed' }] }
})
