import { listKeys as readKeys } from '../../db/queries/api-keys.ts'
import { listLogins as readLogins } from '../../db/queries/logins.ts'
import { keys, logins } from '../../shared/contract/api/account.ts'
import { query } from '../trpc.ts'

export const listKeys = query(keys.list, ({ services, user }) =>
  readKeys(services.database.db, user.id),
)

export const listLogins = query(logins.list, async ({ services, user, login }) => {
  const found = await readLogins(services.database.db, user.id, services.now())
  return found.map((one) => ({ ...one, current: one.id === login.id }))
})
