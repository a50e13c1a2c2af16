import { sql } from 'kysely'
import type { UserId } from '../../shared/contract/ids.ts'
import type { Db } from '../engine/database.ts'

/** Sign-ins of one person that wait for their end at once; more push out the oldest. */
const MAX_SIGN_INS = 20

/** What is kept of a person's login at an MCP server; null when there is none. */
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

/** Keeps a login that was renewed, unless the person has signed out or in again meanwhile. */
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
 * Lets one of those who want to renew a login do it: a refresh token is good for one use, and a second may end them all.
 *
 * @param before what the login was when it was found to need it: a newer one needs nothing
 * @returns false when somebody else is about to, or has done so
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

/** Lets others try to renew a login. */
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
 * @param before only if it still is this
 * @returns what was kept of it
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

/** Keeps what a sign-in needs at its end. */
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

/** Takes a person's sign-in, once; null when there is none, or it is over, or another person's. */
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

/** The sign-ins at a server that a person has begun, and that have not ended. */
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

/** What this server is registered for at an authorization server. */
export type McpClientPlace = { server: string; issuer: string; redirectUrl: string }

/** As what this server is registered at the authorization servers of an MCP server. */
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

/** Keeps a registration, unless there is one. */
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

/** Forgets a registration, unless another one is in its place. */
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
