import { findUser } from '../../db/users.ts'
import * as people from '../../shared/contract/api/people.ts'
import { notFound } from '../api-error.ts'
import { query } from '../trpc.ts'

export const me = query(people.me, async ({ services, user }) => {
  const row = await findUser(services.database.db, user.id)
  if (!row) {
    throw notFound('user')
  }
  const { id, name, email, role } = row
  return { id, name, email, role, createdAt: row.created_at }
})
