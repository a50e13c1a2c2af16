import { createHmac } from 'node:crypto'
import type { Db } from '../../../db/engine/database.ts'
import { hasPasswordAccounts } from '../../../db/queries/accounts.ts'
import { claimLink, findLink, insertLink, reopenSetup } from '../../../db/queries/auth-links.ts'
import type { UserId } from '../../../shared/contract/ids.ts'
import type { Role } from '../../../shared/contract/user.ts'
import { LOCAL_OWNER } from '../local-owner.ts'
import { hashSecret, newSecret } from '../secret-hash.ts'

/** How long an invitation can be used. Milliseconds. */
const INVITATION_MS = 24 * 60 * 60 * 1000

/** The longest between the use of the setup link and the account that is made by it. Milliseconds. */
const CLAIM_MS = 60_000

type Moment = { now(): string; newId(): string }

/** The link that makes the first account, until somebody used it. All nodes, at every start, name the same one. */
export type SetupLink = {
  readonly token: string
  isNeeded(): Promise<boolean>
  claim(): Promise<boolean>
}

export async function openSetupLink(
  db: Db,
  secret: string,
  { now, newId }: Moment,
): Promise<SetupLink> {
  const token = createHmac('sha256', secret).update('setup').digest('base64url')
  const tokenHash = hashSecret(token)
  await insertLink(db, {
    id: newId(),
    kind: 'setup',
    token_hash: tokenHash,
    role: 'admin',
    created_at: now(),
  })
  const isNeeded = async () => !(await hasPasswordAccounts(db))
  // Somebody who used it and got no account, because the server ended just then, may try again. On another node somebody
  // may be about to get one.
  const before = new Date(Date.parse(now()) - CLAIM_MS).toISOString()
  if (await isNeeded()) await reopenSetup(db, tokenHash, before)
  return {
    token,
    isNeeded,
    async claim() {
      const link = await findLink(db, { kind: 'setup', tokenHash, now: now() })
      return link !== null && claimLink(db, link.id, LOCAL_OWNER, now())
    },
  }
}

/** Makes an invitation; its link is in the answer and nowhere else. */
export async function createInvitation(
  db: Db,
  {
    email,
    role,
    createdBy,
    expiresAt,
    baseUrl,
  }: {
    email: string | null
    role: Role
    createdBy: UserId
    /** ISO 8601; a day from now when left out. */
    expiresAt?: string | undefined
    baseUrl: string
  },
  { now, newId }: Moment,
): Promise<{ id: string; link: string }> {
  const [id, token] = [newId(), newSecret()]
  await insertLink(db, {
    id,
    kind: 'invite',
    token_hash: hashSecret(token),
    email: email?.toLowerCase() ?? null,
    role,
    created_by: createdBy,
    created_at: now(),
    expires_at: expiresAt ?? new Date(Date.parse(now()) + INVITATION_MS).toISOString(),
  })
  return { id, link: `${baseUrl}/invite?token=${token}` }
}
