import { findUser } from '../../db/users.ts'
import { User } from '../../shared/contract/user.ts'
import { notFound, procedure } from '../trpc.ts'

/** The one who calls. */
export const me = procedure.output(User).query(async ({ ctx: { services, user } }) => {
  const row = await findUser(services.database.db, user.id)
  if (!row) {
    throw notFound('user')
  }
  const { id, name, email, role } = row
  return { id, name, email, role, createdAt: row.created_at }
})
