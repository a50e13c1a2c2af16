import { transferEverything } from '../../db/queries/ownership.ts'
import { ensureUser } from '../../db/queries/users.ts'
import { UserId } from '../../shared/contract/ids.ts'
import type { TestApp } from './app.ts'

/** Gives everything of a person to another one, as the sign-in of a guest does; returns the other one's id. */
export async function giveAway({ services }: TestApp, from: UserId): Promise<UserId> {
  const { db } = services.database
  const id = UserId.parse(crypto.randomUUID())
  const account = { id, name: 'Bob', email: null, role: 'member' } as const
  await ensureUser(db, { ...account, account_status: 'active', subscription_tier: 'free' })
  await db.transaction().execute((transaction) => transferEverything(transaction, from, id))
  return id
}
