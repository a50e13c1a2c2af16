import { betterAuth } from 'better-auth'
import { createAuthMiddleware } from 'better-auth/api'
import { anonymous, bearer, genericOAuth, twoFactor } from 'better-auth/plugins'
import type { Db } from '../../../db/engine/database.ts'
import { unlinkSites } from '../../../db/queries/accounts.ts'
import type { Config } from '../../config/config.ts'
import { ADDRESS_HEADER } from './address-header.ts'
import type { Mail } from './mailer.ts'
import { recordSignIns } from './record-sign-ins.ts'
import type { NewAccount, SignUpPolicy } from './sign-up.ts'

export type LibraryOptions = {
  db: Db
  secret: string
  /** The address that browsers use, without a slash at its end. */
  baseUrl: string
  allowedOrigins: readonly string[]
  settings: Pick<Config['auth'], 'guests' | 'providers'>
  policy: SignUpPolicy
  /** Sends a mail in the background; null where there is no mail server. */
  send: ((mail: Mail) => void) | null
  /** Whether an address has to be verified before its account can be used. */
  verifiesAddresses: boolean
  /** Gives the new account what the guest had. */
  onLink(guest: { id: string; personId: string }, account: { personId: string }): Promise<void>
  /** ISO 8601. */
  now(): string
  newId(): string
  log(level: 'debug' | 'info' | 'warn' | 'error', message: string): void
}

/** Seconds that a login lasts when it is not used. */
const LOGIN_SECONDS = 30 * 86_400

/** The sign-in library, on our tables. It answers below `/api/auth`. */
export function createLibrary(options: LibraryOptions) {
  const { db, baseUrl, settings, policy, send } = options
  const isSecure = baseUrl.startsWith('https:')
  const { origin, pathname } = new URL(baseUrl)
  const verified = { requireEmailVerification: options.verifiesAddresses }
  return betterAuth({
    appName: 'Throughline',
    baseURL: origin,
    basePath: `${pathname.replace(/\/$/, '')}/api/auth`,
    secret: options.secret,
    // Without transactions, so that its hooks may ask the one connection of an embedded database.
    database: { db, type: 'postgres', transaction: false },
    trustedOrigins: [origin, ...options.allowedOrigins],
    telemetry: { enabled: false },
    logger: {
      disableColors: true,
      // The rest may be a request's body.
      log: (level, message) => options.log(level, message),
    },
    // The limits of this server hold over all of its surfaces.
    rateLimit: { enabled: false },
    emailAndPassword: {
      enabled: true,
      minPasswordLength: 8,
      maxPasswordLength: 128,
      requireEmailVerification: options.verifiesAddresses,
      revokeSessionsOnPasswordReset: true,
      // Whoever reads the address’s mail takes it from who only claimed it, by every way in that was made with it.
      onPasswordReset: async ({ user }) => {
        if (options.verifiesAddresses && !user.emailVerified) await unlinkSites(db, user.id)
      },
      ...(send && {
        sendResetPassword: async ({ user, token }: { user: { email: string }; token: string }) =>
          send({
            to: user.email,
            subject: 'Set a new password',
            text: `To set a new password, open this within an hour:\n\n${baseUrl}/reset?token=${token}\n\nIf you did not ask for it, do nothing.`,
          }),
      }),
    },
    ...(send && {
      emailVerification: {
        sendOnSignUp: true,
        sendOnSignIn: options.verifiesAddresses,
        autoSignInAfterVerification: true,
        sendVerificationEmail: async ({ user, token }) =>
          send({
            to: user.email,
            subject: 'Confirm your address',
            text: `To confirm that this address is yours, open:\n\n${baseUrl}/verify?token=${token}\n\nIf you did not ask for it, do nothing.`,
          }),
      },
    }),
    socialProviders: {
      ...(settings.providers.github && { github: { ...settings.providers.github, ...verified } }),
      ...(settings.providers.google && { google: { ...settings.providers.google, ...verified } }),
    },
    plugins: [
      bearer(),
      twoFactor({
        issuer: 'Throughline',
        schema: {
          user: { fields: { twoFactorEnabled: 'two_factor_enabled' } },
          twoFactor: {
            modelName: 'auth_two_factors',
            fields: {
              userId: 'user_id',
              backupCodes: 'backup_codes',
              failedVerificationCount: 'failed_verification_count',
              lockedUntil: 'locked_until',
            },
          },
        },
      }),
      ...(settings.guests
        ? [
            anonymous({
              emailDomainName: 'guest.invalid',
              generateName: () => 'Guest',
              schema: { user: { fields: { isAnonymous: 'is_anonymous' } } },
              // We delete the guest together with giving away what it had.
              disableDeleteAnonymousUser: true,
              onLinkAccount: ({ anonymousUser, newUser }) =>
                options.onLink(
                  { id: anonymousUser.user.id, personId: personOf(anonymousUser.user) },
                  { personId: personOf(newUser.user) },
                ),
            }),
          ]
        : []),
      ...(settings.providers.oidc
        ? [
            genericOAuth({
              config: [
                {
                  providerId: 'oidc',
                  discoveryUrl: `${settings.providers.oidc.issuer}/.well-known/openid-configuration`,
                  clientId: settings.providers.oidc.clientId,
                  clientSecret: settings.providers.oidc.clientSecret,
                  scopes: ['openid', 'email', 'profile'],
                  pkce: true,
                  ...verified,
                },
              ],
            }),
          ]
        : []),
      recordSignIns(db, options.now),
    ],
    user: {
      modelName: 'auth_users',
      fields: {
        emailVerified: 'email_verified',
        createdAt: 'created_at',
        updatedAt: 'updated_at',
      },
      additionalFields: {
        personId: { type: 'string', fieldName: 'person_id', input: false, required: false },
      },
      deleteUser: { enabled: false },
      changeEmail: { enabled: false },
    },
    session: {
      modelName: 'auth_sessions',
      expiresIn: LOGIN_SECONDS,
      fields: {
        userId: 'user_id',
        expiresAt: 'expires_at',
        ipAddress: 'ip_address',
        userAgent: 'user_agent',
        createdAt: 'created_at',
        updatedAt: 'updated_at',
      },
    },
    account: {
      modelName: 'auth_accounts',
      encryptOAuthTokens: true,
      fields: {
        userId: 'user_id',
        providerId: 'provider_id',
        accountId: 'account_id',
        accessToken: 'access_token',
        refreshToken: 'refresh_token',
        idToken: 'id_token',
        accessTokenExpiresAt: 'access_token_expires_at',
        refreshTokenExpiresAt: 'refresh_token_expires_at',
        createdAt: 'created_at',
        updatedAt: 'updated_at',
      },
    },
    verification: {
      modelName: 'auth_verifications',
      storeIdentifier: 'hashed',
      fields: { expiresAt: 'expires_at', createdAt: 'created_at', updatedAt: 'updated_at' },
    },
    hooks: {
      before: createAuthMiddleware(async ({ path }) => {
        // Before it is looked whether the address has an account, so that nobody is told.
        if (path === '/sign-up/email') await policy.admitSignUp()
      }),
    },
    databaseHooks: {
      user: {
        create: {
          before: async (user, context) => {
            const { personId } = await policy.admit(toNewAccount(user), context)
            return { data: { ...user, id: options.newId(), personId } }
          },
        },
        update: { after: (user) => policy.renamed(user.id, user) },
      },
      session: {
        create: { before: async (session) => policy.admitLogin(session.userId) },
      },
    },
    advanced: {
      cookiePrefix: cookiePrefix(baseUrl),
      // The prefix above says more than the library's own would.
      useSecureCookies: false,
      defaultCookieAttributes: {
        httpOnly: true,
        sameSite: 'lax',
        path: pathname,
        secure: isSecure,
      },
      database: { generateId: () => options.newId() },
      ipAddress: { ipAddressHeaders: [ADDRESS_HEADER] },
      // Every request has passed our own check of Origin, which also holds where there is no cookie yet.
      disableCSRFCheck: true,
      // Where to go after signing in is looked at always: the library leaves it out where tests run.
      disableOriginCheck: false,
      // Whether a mail is sent must not show in how long an answer takes.
      backgroundTasks: { handler: (task) => void task.catch(() => undefined) },
    },
  })
}

export type Library = ReturnType<typeof createLibrary>

/**
 * `__Host-`: the cookie is this host's alone, and goes over TLS only. Browsers take that for a whole host only: below a
 * path it is `__Secure-`.
 */
function cookiePrefix(baseUrl: string): string {
  const { protocol, pathname } = new URL(baseUrl)
  if (protocol !== 'https:') return 'throughline'
  return pathname === '/' ? '__Host-throughline' : '__Secure-throughline'
}

/** The cookie that carries a login. */
export function sessionCookieName(baseUrl: string): string {
  return `${cookiePrefix(baseUrl)}.session_token`
}

/** The person of an account, which the library knows as a field without a type. */
function personOf(user: object): string {
  return 'personId' in user && typeof user.personId === 'string' ? user.personId : ''
}

function toNewAccount(user: { name: string; email: string; emailVerified: boolean }): NewAccount {
  const isGuest = 'isAnonymous' in user && user.isAnonymous === true
  return { name: user.name, email: user.email, isVerified: user.emailVerified, isGuest }
}
