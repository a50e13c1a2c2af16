import { hashPassword } from 'better-auth/crypto'
import { z } from 'zod'
import type { Db } from '../../../db/engine/database.ts'
import {
  insertPasswordAccount,
  findPersonByAddress,
  savePerson,
} from '../../../db/queries/accounts.ts'
import { claimLink, findLink } from '../../../db/queries/auth-links.ts'
import { UserId } from '../../../shared/contract/ids.ts'
import { noNul } from '../../../shared/contract/storable.ts'
import { audit } from '../../audit.ts'
import { LOCAL_OWNER } from '../local-owner.ts'
import { hashSecret } from '../secret-hash.ts'

/** The form of a page that makes an account with a link. */
export const LinkAnswer = z.object({
  token: z.string().min(1).max(200),
  name: z.string().trim().min(1).max(100).check(noNul),
  email: z.email().max(254).toLowerCase(),
  password: z.string().min(8).max(128),
})
export type LinkAnswer = z.infer<typeof LinkAnswer>

/**
 * The same message for every link that cannot be used, and for an address with an account, so that nobody learns which
 * it is.
 */
export const LINK_REFUSAL =
  'This link cannot be used: it was used already, is too old, or is for another address. Ask for a new one; if you have an account, sign in.'

/**
 * Makes the account of a link, and marks the link as used, both or neither. The first account gets everything of the
 * local owner.
 *
 * @returns false when the link cannot be used
 */
export async function acceptLink(
  db: Db,
  kind: 'setup' | 'invite',
  answer: LinkAnswer,
  { address, now, newId }: { address: string; now(): string; newId(): string },
): Promise<boolean> {
  const { name, email } = answer
  // The password is hashed first and always, so that the time of the answer reveals nothing.
  const passwordHash = await hashPassword(answer.password)
  return db
    .transaction()
    .execute(async (transaction) => {
      const link = await findLink(transaction, {
        kind,
        tokenHash: hashSecret(answer.token),
        now: now(),
      })
      if (!link || (link.email !== null && link.email !== email)) return false
      if ((await findPersonByAddress(transaction, email)) !== null) return false
      const personId = kind === 'setup' ? LOCAL_OWNER : UserId.parse(newId())
      await savePerson(transaction, { id: personId, name, email, role: link.role })
      if (!(await claimLink(transaction, link.id, personId, now()))) {
        throw new LinkUsedError()
      }
      await insertPasswordAccount(transaction, { id: newId(), personId, name, email, passwordHash })
      const actor = { user: { id: personId }, address }
      await audit(transaction, actor, now(), {
        action: 'user.created',
        targetId: personId,
        detail: { by: kind },
      })
      await audit(
        transaction,
        actor,
        now(),
        kind === 'setup'
          ? { action: 'setup.completed', targetId: personId, detail: {} }
          : { action: 'invite.accepted', targetId: link.id, detail: { role: link.role } },
      )
      return true
    })
    .catch((error: unknown) => {
      if (error instanceof LinkUsedError) return false
      throw error
    })
}

/** Rolls back the account of a link that another request used at the same moment. */
class LinkUsedError extends Error {}
