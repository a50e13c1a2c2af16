import type { BetterAuthPlugin } from 'better-auth'
import { createAuthMiddleware, isAPIError } from 'better-auth/api'
import { z } from 'zod'
import type { Db } from '../../../db/engine/database.ts'
import { findPersonByAddress } from '../../../db/queries/accounts.ts'
import { UserId } from '../../../shared/contract/ids.ts'
import { audit } from '../../audit.ts'
import { addressOf } from './address-header.ts'

const WithEmail = z.object({ email: z.string() })
const WithPerson = z.object({ personId: UserId })
/** An identity token that a program brings, of the site that it names. */
const WithIdToken = z.object({ provider: z.string(), idToken: z.object({}) })

/** Where people sign in, as the library names its routes, with what the audit log calls it. */
const METHODS: Record<string, string> = {
  '/sign-in/email': 'email',
  '/sign-in/anonymous': 'guest',
  '/sign-up/email': 'email',
  '/verify-email': 'email',
  '/two-factor/verify-totp': 'two-factor',
  '/two-factor/verify-otp': 'two-factor',
  '/two-factor/verify-backup-code': 'two-factor',
}

/** Other sites; what somebody else writes in their place is not copied into the log. */
const SITES = new Set(['github', 'google', 'oidc'])

/**
 * Writes to the audit log who signed in, and who tried. It has to be the last of the plugins: that of the second factor
 * takes back a login that lacks it.
 */
export function recordSignIns(db: Db, now: () => string): BetterAuthPlugin {
  return {
    id: 'record-sign-ins',
    hooks: {
      after: [
        {
          matcher: ({ path, body }) => methodOf({ path, body }) !== null,
          handler: createAuthMiddleware(async (context) => {
            const { path, params, body } = context
            const { newSession, returned } = context.context
            const method = methodOf({ path, params, body }) ?? path
            const address = addressOf(context)
            if (newSession) {
              const { personId } = WithPerson.parse(newSession.user)
              await audit(db, { user: { id: personId }, address }, now(), {
                action: 'login.succeeded',
                targetId: newSession.session.id,
                detail: { method },
              })
            } else if (isAPIError(returned) && isAttempt(path)) {
              const { email } = WithEmail.safeParse(body).data ?? { email: '' }
              await audit(db, { user: null, address }, now(), {
                action: 'login.failed',
                targetId: await findPersonByAddress(db, email.toLowerCase()),
                detail: { method },
              })
            }
          }),
        },
      ],
    },
  }
}

function methodOf({
  path,
  params,
  body,
}: {
  path?: string | undefined
  params?: Record<string, string | undefined>
  body?: unknown
}): string | null {
  if (path === '/callback/:id') return siteOf(params?.id)
  if (path === '/sign-in/social') {
    const { data } = WithIdToken.safeParse(body)
    return data ? siteOf(data.provider) : null
  }
  return (path !== undefined && METHODS[path]) || null
}

function siteOf(name: string | undefined): string {
  return name !== undefined && SITES.has(name) ? name : 'provider'
}

/** Whether an error there means that somebody was refused: a sign-up or a link that cannot be used are none. */
function isAttempt(path: string): boolean {
  return path !== '/sign-up/email' && path !== '/verify-email'
}
