import { sql } from 'kysely'
import type { Insertable } from 'kysely'
import type { UserId } from '../../shared/contract/ids.ts'
import type { Role } from '../../shared/contract/user.ts'
import type { Db } from '../engine/database.ts'
import type { UserTable } from '../schema.ts'
import { userColumns } from './users.ts'
import type { UserRow } from './users.ts'

/** The fields of a new person. */
export type NewPerson = {
  id: UserId
  name: string
  email: string | null
  role: Role
  /** For a guest: the person whose limits the guest shares. */
  pool?: UserId | null
}

/** True when anybody but guests has an account, of the sign-in library or of an outside issuer. */
export async function hasAccounts(db: Db): Promise<boolean> {
  const { rows } = await sql<{ found: boolean }>`
    select exists (select 1 from auth_users where is_anonymous is not true)
      or exists (select 1 from users where issuer is not null) as found`.execute(db)
  return rows[0]?.found === true
}

/** Makes a person, or updates name and address of an existing one (a guest, the local owner). */
export async function savePerson(db: Db, person: NewPerson): Promise<void> {
  const { name, email, role, pool = null } = person
  await db
    .insertInto('users')
    .values(newRow(person))
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ name, email, role, pool }))
    .execute()
}

/** The person of an outside issuer's subject; made on the first request. */
export async function ensurePersonOf(
  db: Db,
  { issuer, subject, ...person }: NewPerson & { issuer: string; subject: string },
): Promise<{ row: UserRow; isNew: boolean }> {
  const find = db
    .selectFrom('users')
    .select(userColumns)
    .where('issuer', '=', issuer)
    .where('subject', '=', subject)
  const known = await find.executeTakeFirst()
  if (known) return { row: known, isNew: false }
  const made = await db
    .insertInto('users')
    .values({ ...newRow(person), issuer, subject })
    .onConflict((conflict) => conflict.columns(['issuer', 'subject']).doNothing())
    .executeTakeFirst()
  return { row: await find.executeTakeFirstOrThrow(), isNew: made.numInsertedOrUpdatedRows === 1n }
}

/** Sets a password for an account that an administrator may give away, all at once or not at all. */
export async function insertPasswordAccount(
  transaction: Db,
  account: { id: string; personId: UserId; name: string; email: string; passwordHash: string },
): Promise<void> {
  const { id, personId, name, email } = account
  await transaction
    .insertInto('auth_users')
    .values({ id, person_id: personId, name, email, email_verified: true, image: null })
    .execute()
  await transaction
    .insertInto('auth_accounts')
    .values({
      id: crypto.randomUUID(),
      user_id: id,
      provider_id: 'credential',
      account_id: id,
      password: account.passwordHash,
    })
    .execute()
}

/** The person with this address; null when there is none. */
export async function findPersonByAddress(db: Db, email: string): Promise<UserId | null> {
  const row = await db
    .selectFrom('auth_users')
    .select('person_id')
    .where('email', '=', email)
    .executeTakeFirst()
  return row?.person_id ?? null
}

/** The account with which a person signs in; null for a guest, and for people of an outside issuer. */
export async function findAccountOf(db: Db, personId: UserId): Promise<string | null> {
  const row = await db
    .selectFrom('auth_users')
    .select('id')
    .where('person_id', '=', personId)
    .where(({ or, eb }) => or([eb('is_anonymous', 'is', null), eb('is_anonymous', '=', false)]))
    .executeTakeFirst()
  return row?.id ?? null
}

/** Copies the account's name and address to the person's row. */
export async function renamePerson(
  db: Db,
  authUserId: string,
  { name, email }: { name: string; email: string },
): Promise<void> {
  await db
    .updateTable('users')
    .set({ name, email })
    .where('id', 'in', db.selectFrom('auth_users').select('person_id').where('id', '=', authUserId))
    .execute()
}

/** Deletes an account and its logins, but not the person. */
export async function deleteAuthUser(db: Db, id: string): Promise<void> {
  await db.deleteFrom('auth_users').where('id', '=', id).execute()
}

/** Removes the other sites with which an account signs in; its password stays. */
export async function unlinkSites(db: Db, authUserId: string): Promise<void> {
  await db
    .deleteFrom('auth_accounts')
    .where('user_id', '=', authUserId)
    .where('provider_id', '<>', 'credential')
    .execute()
}

function newRow({ id, name, email, role, pool = null }: NewPerson): Insertable<UserTable> {
  return { id, name, email, role, pool, account_status: 'active', subscription_tier: 'free' }
}

/** True when the person of an account is suspended. */
export async function isSuspended(db: Db, authUserId: string): Promise<boolean> {
  const row = await db
    .selectFrom('auth_users')
    .innerJoin('users', 'users.id', 'auth_users.person_id')
    .select('users.account_status')
    .where('auth_users.id', '=', authUserId)
    .executeTakeFirst()
  return row?.account_status === 'suspended'
}

/** True when anybody but guests signs in with this server; people of an outside issuer do not. */
export async function hasPasswordAccounts(db: Db): Promise<boolean> {
  const row = await db
    .selectFrom('auth_users')
    .select('id')
    .where('is_anonymous', 'is not', true)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

export async function setPersonRole(db: Db, id: UserId, role: Role): Promise<void> {
  await db.updateTable('users').set({ role }).where('id', '=', id).execute()
}
