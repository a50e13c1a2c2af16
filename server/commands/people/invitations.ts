import { revokeInvitation } from '../../../db/queries/admin/invitations.ts'
import { adminInvites } from '../../../shared/contract/api/admin.ts'
import { CommandError, notFound } from '../../api-error.ts'
import { audit } from '../../audit.ts'
import { createInvitation } from '../../auth/sign-in/links.ts'
import { mutation } from '../../trpc.ts'
import { free } from '../command.ts'

/** The link is a secret: it is in the answer, and in the mail if one is sent, and is stored nowhere. */
export const createInvite = mutation(
  adminInvites.create,
  async ({ services, user, address }, { email, role, expiresAt }) => {
    const { database, accounts, now, newId } = services
    if (!accounts) {
      throw new CommandError(
        'CONFLICT',
        'There are no accounts on this server: set AUTH_MODE=accounts to invite people.',
      )
    }
    if (services.signIn.signup === 'closed') {
      throw new CommandError(
        'CONFLICT',
        'This server takes no new accounts: set AUTH_SIGNUP=invite to invite people.',
      )
    }
    if (expiresAt !== undefined && Date.parse(expiresAt) <= Date.parse(now())) {
      throw new CommandError('BAD_REQUEST', 'The invitation would have expired already.')
    }
    const made = await database.db.transaction().execute(async (transaction) => {
      const wanted = {
        ...{ email: email ?? null, role, createdBy: user.id },
        baseUrl: accounts.baseUrl(),
        ...(expiresAt !== undefined && { expiresAt: new Date(expiresAt).toISOString() }),
      }
      const invitation = await createInvitation(transaction, wanted, { now, newId })
      await audit(transaction, { user, address: address ?? null }, now(), {
        action: 'invite.created',
        targetId: invitation.id,
        detail: { role },
      })
      return invitation
    })
    if (email !== undefined) {
      accounts.mail({
        to: email,
        subject: 'An invitation',
        text: `You are invited. This link makes your account; it works once:\n\n${made.link}\n`,
      })
    }
    return made
  },
)

export const revokeInvite = free(
  adminInvites.revoke,
  async ({ database, user, address, now }, { id }) => {
    await database.db.transaction().execute(async (transaction) => {
      if (!(await revokeInvitation(transaction, id, now()))) {
        throw notFound('invitation that can still be used')
      }
      await audit(transaction, { user, address }, now(), {
        action: 'invite.revoked',
        targetId: id,
        detail: {},
      })
    })
    return { result: { id }, effects: [] }
  },
)
