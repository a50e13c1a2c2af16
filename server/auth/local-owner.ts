import type { Db } from '../../db/engine/database.ts'
import { ensureUser } from '../../db/queries/users.ts'
import { UserId } from '../../shared/contract/ids.ts'

/** The only user of an installation without accounts. The id is constant, so that all nodes agree on it. */
const LOCAL_OWNER = UserId.parse('00000000-0000-7000-8000-000000000001')

export async function ensureLocalOwner(db: Db): Promise<{ id: UserId; admin: boolean }> {
  const { id, role } = await ensureUser(db, {
    id: LOCAL_OWNER,
    name: 'Local owner',
    email: null,
    role: 'admin',
    account_status: 'active',
    subscription_tier: 'free',
  })
  return { id, admin: role === 'admin' }
}
