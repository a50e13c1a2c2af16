import type { StoredOAuthClientInformation } from '@modelcontextprotocol/client'
import type { Db } from '../../../db/engine/database.ts'
import { deleteMcpClient, insertMcpClient, listMcpClients } from '../../../db/queries/mcp-logins.ts'
import type { McpClientPlace } from '../../../db/queries/mcp-logins.ts'
import type { Sealing } from './sealing.ts'

type Deps = { db: Db; sealing: Sealing }

/** The registration of this server at an authorization server, if it is still valid. */
export async function readClient(
  deps: Deps,
  at: McpClientPlace,
): Promise<StoredOAuthClientInformation | undefined> {
  const rows = await listMcpClients(deps.db, at.server)
  const row = rows.find(
    ({ issuer, redirectUrl }) => issuer === at.issuer && redirectUrl === at.redirectUrl,
  )
  if (!row) return undefined
  const client = open(deps, row)
  if (client && !isOver(client)) return client
  await deleteMcpClient(deps.db, row)
  return undefined
}

/**
 * Stores a registration. Of two at the same time the first is kept for later sign-ins; each sign-in ends with the one
 * that it began with.
 */
export async function saveClient(
  { db, sealing }: Deps,
  at: McpClientPlace,
  client: StoredOAuthClientInformation,
): Promise<void> {
  await insertMcpClient(db, { ...at, sealed: sealing.seal(client, purposeOf(at)) })
}

/** Forgets a registration that its authorization server does not know any more, and no other one. */
export async function forgetClient(deps: Deps, server: string, clientId: string): Promise<void> {
  for (const row of await listMcpClients(deps.db, server)) {
    if (open(deps, row)?.client_id === clientId) await deleteMcpClient(deps.db, row)
  }
}

function open(
  { sealing }: Deps,
  row: McpClientPlace & { sealed: string },
): StoredOAuthClientInformation | undefined {
  // Sealed by `saveClient`.
  const client = sealing.open(row.sealed, purposeOf(row)) as StoredOAuthClientInformation | null
  return client ?? undefined
}

/** RFC 7591: seconds since 1970, and 0 for a secret that holds without end. */
function isOver(client: StoredOAuthClientInformation): boolean {
  const { client_secret_expires_at: end } = client
  return end !== undefined && end !== 0 && end * 1000 <= Date.now()
}

function purposeOf({ server, issuer, redirectUrl }: McpClientPlace): string {
  return `client ${server} ${issuer} ${redirectUrl}`
}
