import { sql } from 'kysely'
import { UserId } from '../../../shared/contract/ids.ts'
import type { SessionId } from '../../../shared/contract/ids.ts'
import type { Database, Db } from '../../engine/database.ts'

/** The email address of the temporary users who own sessions during an import into an embedded database. */
const NOBODY = 'import.invalid'

/**
 * Imports sessions for a person, all or none. `insert` executes the statements, which make the sessions those of
 * `owner`.
 *
 * On Postgres this is one transaction. In an embedded database, a transaction would take the only connection and block
 * everybody. There each statement is committed by itself, with a temporary owner, and at the end the sessions are given
 * to the person. Nothing remains of an import that fails or is interrupted by the end of the process
 * (`removeInterruptedImports`).
 *
 * @param newId creates the id of the temporary owner
 * @param admit may refuse the sessions in the transaction that gives them to the person
 */
export async function importAtomically<T>(
  { kind, db }: Database,
  userId: UserId,
  newId: () => string,
  insert: (db: Db, owner: UserId) => Promise<T>,
  admit?: (transaction: Db) => Promise<void>,
): Promise<T> {
  if (kind === 'postgres') {
    return db.transaction().execute(async (transaction) => {
      const result = await insert(transaction, userId)
      await admit?.(transaction)
      return result
    })
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
      await admit?.(transaction)
      await transaction.deleteFrom('users').where('id', '=', owner).execute()
    })
    return result
  } catch (error) {
    // If this fails too, the next start removes the sessions.
    await Promise.allSettled([db.deleteFrom('users').where('id', '=', owner).execute()])
    throw error
  }
}

/** True while a session is being imported into an embedded database, so that it has only a temporary owner. */
export async function isBeingImported(db: Db, id: SessionId): Promise<boolean> {
  const { rows } = await sql`
    select from sessions join users on users.id = sessions.user_id
    where sessions.id = ${id} and users.email like ${`%@${NOBODY}`}`.execute(db)
  return rows.length > 0
}

/** Removes what interrupted imports of an earlier process left; must be called before any import begins. */
export async function removeInterruptedImports({ kind, db }: Database): Promise<void> {
  if (kind === 'embedded') {
    await sql`delete from users where email like ${`%@${NOBODY}`}`.execute(db)
  }
}
