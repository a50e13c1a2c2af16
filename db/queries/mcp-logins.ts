import { sql } from 'kysely'
import type { UserId } from '../../shared/contract/ids.ts'
import type { Db } from '../engine/database.ts'

/** The most sign-ins of one person that have begun and not ended; further ones remove the oldest. */
const MAX_SIGN_INS = 20

/** A person's sealed login at an MCP server; null when there is none. */
export async function readMcpLogin(db: Db, userId: UserId, server: string): Promise<string | null> {
  const row = await db
    .selectFrom('mcp_logins')
    .select('sealed')
    .where('user_id', '=', userId)
    .where('server', '=', server)
    .executeTakeFirst()
  return row?.sealed ?? null
}

/** A person's logins at MCP servers. */
export async function listMcpLogins(
  db: Db,
  userId: UserId,
): Promise<{ server: string; sealed: string }[]> {
  return db
    .selectFrom('mcp_logins')
    .select(['server', 'sealed'])
    .where('user_id', '=', userId)
    .execute()
}

export async function saveMcpLogin(
  db: Db,
  userId: UserId,
  server: string,
  sealed: string,
): Promise<void> {
  await db
    .insertInto('mcp_logins')
    .values({ user_id: userId, server, sealed, renewing_until: null })
    .onConflict((conflict) =>
      conflict
        .columns(['user_id', 'server'])
        .doUpdateSet({ sealed, renewing_until: null, updated_at: sql<string>`now()` }),
    )
    .execute()
}

/** Stores a renewed login, unless the person has signed out or in again meanwhile. */
export async function replaceMcpLogin(
  db: Db,
  userId: UserId,
  server: string,
  { before, sealed }: { before: string; sealed: string },
): Promise<void> {
  await db
    .updateTable('mcp_logins')
    .set({ sealed, renewing_until: null, updated_at: sql<string>`now()` })
    .where('user_id', '=', userId)
    .where('server', '=', server)
    .where('sealed', '=', before)
    .execute()
}

/**
 * Chooses the one request that renews a login, because a refresh token can be used only once, and a second use may
 * revoke the login.
 *
 * @param before the login that needs to be renewed; a newer one does not
 * @returns false when another request is renewing it, or has renewed it
 */
export async function claimMcpRenewal(
  db: Db,
  userId: UserId,
  { server, before, seconds }: { server: string; before: string; seconds: number },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('mcp_logins')
    .set({ renewing_until: sql`now() + make_interval(secs => ${seconds}::double precision)` })
    .where('user_id', '=', userId)
    .where('server', '=', server)
    .where('sealed', '=', before)
    .where((where) =>
      where.or([
        where('renewing_until', 'is', null),
        where('renewing_until', '<', sql<string>`now()`),
      ]),
    )
    .executeTakeFirst()
  return Number(numUpdatedRows) > 0
}

/** Lets other requests try to renew a login. */
export async function releaseMcpRenewal(
  db: Db,
  userId: UserId,
  server: string,
  before: string,
): Promise<void> {
  await db
    .updateTable('mcp_logins')
    .set({ renewing_until: null })
    .where('user_id', '=', userId)
    .where('server', '=', server)
    .where('sealed', '=', before)
    .execute()
}

/**
 * @param before deletes the login only if it is still this one
 * @returns the deleted login
 */
export async function deleteMcpLogin(
  db: Db,
  userId: UserId,
  server: string,
  before?: string,
): Promise<string | null> {
  const row = await db
    .deleteFrom('mcp_logins')
    .where('user_id', '=', userId)
    .where('server', '=', server)
    .$if(before !== undefined, (query) => query.where('sealed', '=', before ?? ''))
    .returning('sealed')
    .executeTakeFirst()
  return row?.sealed ?? null
}

/** Stores the data that the end of a sign-in needs. */
export async function insertMcpSignIn(
  db: Db,
  userId: UserId,
  signIn: { stateHash: string; server: string; sealed: string; seconds: number },
): Promise<void> {
  const { stateHash, server, sealed, seconds } = signIn
  await db
    .deleteFrom('mcp_sign_ins')
    .where('expires_at', '<', sql<string>`now()`)
    .execute()
  const old = await db
    .selectFrom('mcp_sign_ins')
    .select('state_hash')
    .where('user_id', '=', userId)
    .orderBy('expires_at', 'desc')
    .offset(MAX_SIGN_INS - 1)
    .execute()
  if (old.length > 0) {
    const hashes = old.map(({ state_hash: hash }) => hash)
    await db.deleteFrom('mcp_sign_ins').where('state_hash', 'in', hashes).execute()
  }
  await db
    .insertInto('mcp_sign_ins')
    .values({
      ...{ state_hash: stateHash, user_id: userId, server, sealed },
      expires_at: sql`now() + make_interval(secs => ${seconds}::double precision)`,
    })
    .execute()
}

/** Removes and returns a person's sign-in; null when there is none, it has expired, or it is another person's. */
export async function takeMcpSignIn(
  db: Db,
  userId: UserId,
  stateHash: string,
): Promise<{ server: string; sealed: string } | null> {
  const row = await db
    .deleteFrom('mcp_sign_ins')
    .where('state_hash', '=', stateHash)
    .where('user_id', '=', userId)
    .where('expires_at', '>', sql<string>`now()`)
    .returning(['server', 'sealed'])
    .executeTakeFirst()
  return row ?? null
}

/** The sign-ins at a server that a person has begun and not ended. */
export async function listMcpSignIns(
  db: Db,
  userId: UserId,
  server: string,
): Promise<{ stateHash: string; sealed: string }[]> {
  return db
    .selectFrom('mcp_sign_ins')
    .select(['state_hash as stateHash', 'sealed'])
    .where('user_id', '=', userId)
    .where('server', '=', server)
    .where('expires_at', '>', sql<string>`now()`)
    .execute()
}

/** The key of a registration: the MCP server, its authorization server, and the address to come back to. */
export type McpClientPlace = { server: string; issuer: string; redirectUrl: string }

/** The registrations of this server at the authorization servers of an MCP server. */
export async function listMcpClients(
  db: Db,
  server: string,
): Promise<(McpClientPlace & { sealed: string })[]> {
  return db
    .selectFrom('mcp_clients')
    .select(['server', 'issuer', 'redirect_url as redirectUrl', 'sealed'])
    .where('server', '=', server)
    .execute()
}

/** Stores a registration, unless there is one. */
export async function insertMcpClient(
  db: Db,
  { server, issuer, redirectUrl, sealed }: McpClientPlace & { sealed: string },
): Promise<void> {
  await db
    .insertInto('mcp_clients')
    .values({ server, issuer, redirect_url: redirectUrl, sealed })
    .onConflict((conflict) => conflict.columns(['server', 'issuer', 'redirect_url']).doNothing())
    .execute()
}

/** Deletes a registration, unless another one has replaced it. */
export async function deleteMcpClient(
  db: Db,
  { server, issuer, redirectUrl, sealed }: McpClientPlace & { sealed: string },
): Promise<void> {
  await db
    .deleteFrom('mcp_clients')
    .where('server', '=', server)
    .where('issuer', '=', issuer)
    .where('redirect_url', '=', redirectUrl)
    .where('sealed', '=', sealed)
    .execute()
}
