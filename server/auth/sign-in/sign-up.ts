import { APIError, getSessionFromCtx } from 'better-auth/api'
import type { Db } from '../../../db/engine/database.ts'
import { isSuspended, renamePerson, savePerson } from '../../../db/queries/accounts.ts'
import { claimLink, findInvitation } from '../../../db/queries/auth-links.ts'
import { UserId } from '../../../shared/contract/ids.ts'
import type { Role } from '../../../shared/contract/user.ts'
import type { Config } from '../../config/config.ts'
import { audit } from '../../audit.ts'
import type { AuditAction, AuditDetail } from '../../../shared/contract/audit.ts'
import { LOCAL_OWNER } from '../local-owner.ts'
import { addressOf } from './address-header.ts'

/** An account that the sign-in library is about to make. */
export type NewAccount = { name: string; email: string; isVerified: boolean; isGuest: boolean }

/** The library's own context of a request; absent outside of one. */
type RequestContext = Parameters<typeof getSessionFromCtx>[0]

type SignUpOptions = {
  /** The transaction that makes the account: the invitation is used up in it or not at all. */
  db(): Db
  signUp: Config['auth']['signUp']
  verifiesAddresses: boolean
  /** Marks the setup link as used, which makes this the first account; false when it was used before. */
  claimSetup(db: Db): Promise<boolean>
  needsSetup(db: Db): Promise<boolean>
  /** The id of the limits that the guests of an address share. */
  poolOf(address: string): UserId
  /** ISO 8601. */
  now(): string
  newId(): string
}

/** Decides who may make an account, and to which person it belongs. */
export type SignUpPolicy = {
  /** @throws APIError when nobody may sign up by address and password */
  admitSignUp(): Promise<void>
  /** @throws APIError when this account is not allowed */
  admit(account: NewAccount, context: object | null): Promise<{ personId: UserId }>
  /** @throws APIError for a suspended person */
  admitLogin(authUserId: string): Promise<void>
  renamed(authUserId: string, names: { name: string; email: string }): Promise<void>
}

/** The person of an account, an existing or a new one (null), and the reason why it is allowed. */
type Place = {
  id: UserId | null
  role: Role
  by: AuditDetail<'user.created'>['by']
  invitationId?: string
}

export function createSignUpPolicy(options: SignUpOptions): SignUpPolicy {
  const { signUp, now } = options

  async function admitSignUp(): Promise<void> {
    if (signUp === 'open') return
    if (await options.needsSetup(options.db())) {
      throw refused('Nobody has an account yet. Open the setup link that the server printed.')
    }
    throw refused(
      signUp === 'closed'
        ? 'This server takes no new accounts.'
        : 'This server takes invited people only. Ask an administrator for an invitation.',
    )
  }

  /** The person of the new account, and the role. */
  async function place(account: NewAccount): Promise<Place> {
    if (signUp === 'open') {
      return (await options.claimSetup(options.db()))
        ? { id: LOCAL_OWNER, role: 'admin', by: 'setup' }
        : { id: null, role: 'member', by: 'sign-up' }
    }
    const invitation =
      signUp === 'invite' && account.isVerified
        ? await findInvitation(options.db(), account.email.toLowerCase(), now())
        : null
    if (!invitation) {
      await admitSignUp()
      throw refused('This server takes invited people only.')
    }
    const id = UserId.parse(options.newId())
    const { role } = invitation
    await savePerson(options.db(), { id, role, name: account.name, email: account.email })
    if (!(await claimLink(options.db(), invitation.id, id, now()))) {
      throw refused('This invitation was used a moment ago.')
    }
    return { id, role, by: 'invite', invitationId: invitation.id }
  }

  async function record<Action extends AuditAction>(
    id: UserId,
    context: object | null,
    entry: { action: Action; detail: AuditDetail<Action>; targetId?: string },
  ): Promise<void> {
    await audit(options.db(), { user: { id }, address: addressOf(context) }, now(), {
      ...{ action: entry.action, detail: entry.detail },
      targetId: entry.targetId ?? id,
    })
  }

  return {
    admitSignUp,
    async admit(account, context) {
      const { name, email } = account
      if (account.isGuest) {
        const personId = UserId.parse(options.newId())
        const address = addressOf(context)
        const pool = address === null ? null : options.poolOf(address)
        await savePerson(options.db(), { id: personId, name, email: null, role: 'member', pool })
        await record(personId, context, { action: 'user.created', detail: { by: 'guest' } })
        return { personId }
      }
      const { id, role, by, invitationId } = await place(account)
      // With an unverified address, a typing error could give the guest's things to a stranger.
      const guest = options.verifiesAddresses ? null : await guestOf(context)
      const personId = id ?? guest ?? UserId.parse(options.newId())
      await savePerson(options.db(), { id: personId, name, email, role })
      await record(personId, context, { action: 'user.created', detail: { by } })
      if (by === 'setup') {
        await record(personId, context, { action: 'setup.completed', detail: {} })
      }
      if (invitationId !== undefined) {
        await record(personId, context, {
          action: 'invite.accepted',
          targetId: invitationId,
          detail: { role },
        })
      }
      return { personId }
    },
    async admitLogin(authUserId) {
      if (await isSuspended(options.db(), authUserId)) {
        throw refused('This account is suspended. Ask an administrator of this server.')
      }
    },
    renamed: (authUserId, names) => renamePerson(options.db(), authUserId, names),
  }
}

function refused(message: string): APIError {
  return new APIError('FORBIDDEN', { message, code: 'FORBIDDEN' })
}

/** The person of the guest who makes this request. */
async function guestOf(context: object | null): Promise<UserId | null> {
  if (context === null) return null
  const found = await getSessionFromCtx(context as RequestContext, { disableRefresh: true })
  return found?.user.isAnonymous === true ? UserId.parse(found.user.personId) : null
}
