import type { Db } from '../../db/engine/database.ts'
import { ensureUser } from '../../db/queries/users.ts'
import { UserId } from '../../shared/contract/ids.ts'
import type { Asker, User } from './port.ts'
import { toUser } from './user.ts'

/** The only user of an installation without accounts. The id is constant, so that all nodes agree on it. */
export const LOCAL_OWNER = UserId.parse('00000000-0000-7000-8000-000000000001')

export async function ensureLocalOwner(db: Db): Promise<User> {
  const row = await ensureUser(db, {
    id: LOCAL_OWNER,
    name: 'Local owner',
    email: null,
    role: 'admin',
    account_status: 'active',
    subscription_tier: 'free',
  })
  return toUser(row)
}

/** The asker of every request on a server without accounts. */
export function localAsker(user: User): Asker {
  return { user, login: { kind: 'local', id: user.id, scope: 'write' } }
}
