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
/** A program's request with an identity token of a site. */
const WithIdToken = z.object({ provider: z.string(), idToken: z.object({}) })

/** The library's routes for signing in, with their names in the audit log. */
const METHODS: Record<string, string> = {
  '/sign-in/email': 'email',
  '/sign-in/anonymous': 'guest',
  '/sign-up/email': 'email',
  '/verify-email': 'email',
  '/two-factor/verify-totp': 'two-factor',
  '/two-factor/verify-otp': 'two-factor',
  '/two-factor/verify-backup-code': 'two-factor',
}

/** Other sites. Any other text in their place is not copied into the log. */
const SITES = new Set(['github', 'google', 'oidc'])

/**
 * Writes sign-ins, and failed tries, to the audit log. It has to be the last of the plugins, because that of the second
 * factor takes a login back that lacks it.
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

/** True when an error of this route is a failed sign-in; one of signing up, or of a link, is not. */
function isAttempt(path: string): boolean {
  return path !== '/sign-up/email' && path !== '/verify-email'
}
