import { createHmac } from 'node:crypto'
import type { Db } from '../../../db/engine/database.ts'
import { hasPasswordAccounts } from '../../../db/queries/accounts.ts'
import { claimLink, findLink, insertLink, reopenSetup } from '../../../db/queries/auth-links.ts'
import type { UserId } from '../../../shared/contract/ids.ts'
import type { Role } from '../../../shared/contract/user.ts'
import { LOCAL_OWNER } from '../local-owner.ts'
import { hashSecret, newSecret } from '../secret-hash.ts'

/** The validity of an invitation. Milliseconds. */
const INVITATION_MS = 24 * 60 * 60 * 1000

/** The longest time between the use of the setup link and its account. Milliseconds. */
const CLAIM_MS = 60_000

type Moment = { now(): string; newId(): string }

/** The link that makes the first account, until it was used. All nodes print the same one at every start. */
export type SetupLink = {
  readonly token: string
  isNeeded(db: Db): Promise<boolean>
  /** @param transaction the one that makes the account */
  claim(transaction: Db): Promise<boolean>
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
  const isNeeded = async (of: Db) => !(await hasPasswordAccounts(of))
  // Earlier versions used the link up before they made the account. If that failed, it can be used again.
  const before = new Date(Date.parse(now()) - CLAIM_MS).toISOString()
  if (await isNeeded(db)) await reopenSetup(db, tokenHash, before)
  return {
    token,
    isNeeded,
    async claim(transaction) {
      const link = await findLink(transaction, { kind: 'setup', tokenHash, now: now() })
      return link !== null && claimLink(transaction, link.id, LOCAL_OWNER, now())
    },
  }
}

/** Makes an invitation. Its link is only in the answer. */
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
