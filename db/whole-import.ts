import { sql } from 'kysely'
import { UserId } from '../shared/contract/ids.ts'
import type { Database, Db } from './database.ts'

/** Whom sessions belong to while they are imported into an embedded database: nobody, by this address. */
const NOBODY = 'import.invalid'

/**
 * Adds sessions for a person, all or none, by the statements of `insert`, which make the sessions those of `owner`.
 *
 * On Postgres that is one transaction. In an embedded database it would hold the only connection, and everybody would
 * wait: so there each statement is committed by itself, for an owner whom nobody is, and in the end the sessions are
 * given to the person. Of an import that fails, or is cut by the end of the process, nothing is left
 * (`forgetCutImports`).
 *
 * @param newId of the owner whom nobody is
 */
export async function importWhole<T>(
  { kind, db }: Database,
  userId: UserId,
  newId: () => string,
  insert: (db: Db, owner: UserId) => Promise<T>,
): Promise<T> {
  if (kind === 'postgres') {
    return db.transaction().execute((transaction) => insert(transaction, userId))
  }
  const owner = UserId.parse(newId())
  await db
    .insertInto('users')
    .values({
      id: owner,
      name: 'an import',
      email: `${owner}@${NOBODY}`,
      role: 'member',
      account_status: 'suspended',
      subscription_tier: 'free',
    })
    .execute()
  try {
    const result = await insert(db, owner)
    await db.transaction().execute(async (transaction) => {
      await transaction
        .updateTable('sessions')
        .set({ user_id: userId })
        .where('user_id', '=', owner)
        .execute()
      await transaction.deleteFrom('users').where('id', '=', owner).execute()
    })
    return result
  } catch (error) {
    // Where that fails as well, the next start does it.
    await Promise.allSettled([db.deleteFrom('users').where('id', '=', owner).execute()])
    throw error
  }
}

/** Removes what imports left that the end of an earlier process cut; to be called before any begins. */
export async function forgetCutImports({ kind, db }: Database): Promise<void> {
  if (kind === 'embedded') {
    await sql`delete from users where email like ${`%@${NOBODY}`}`.execute(db)
  }
}
