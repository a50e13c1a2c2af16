import { betterAuth } from 'better-auth'
import { createAuthMiddleware } from 'better-auth/api'
import { anonymous, bearer, genericOAuth, twoFactor } from 'better-auth/plugins'
import type { Db } from '../../../db/engine/database.ts'
import { unlinkSites } from '../../../db/queries/accounts.ts'
import type { Config } from '../../config/config.ts'
import { boundFields } from './account-fields.ts'
import { ADDRESS_HEADER } from './address-header.ts'
import type { Mail } from './mailer.ts'
import { recordSignIns } from './record-sign-ins.ts'
import type { NewAccount, SignUpPolicy } from './sign-up.ts'

export type LibraryOptions = {
  db: Db
  /** For the library's own statements: all that make one account are one transaction. */
  lazyDb: Db
  secret: string
  /** The address that browsers use, without a slash at its end. */
  baseUrl: string
  allowedOrigins: readonly string[]
  settings: Pick<Config['auth'], 'guests' | 'providers'>
  policy: SignUpPolicy
  /** Sends a mail in the background; null when there is no mail server. */
  send: ((mail: Mail) => void) | null
  /** True when an address has to be verified before its account can be used. */
  verifiesAddresses: boolean
  /** Gives the new account everything of the guest. */
  onLink(guest: { id: string; personId: string }, account: { personId: string }): Promise<void>
  /** ISO 8601. */
  now(): string
  newId(): string
  log(level: 'debug' | 'info' | 'warn' | 'error', message: string): void
}

/** Seconds after which an unused login expires. */
const LOGIN_SECONDS = 30 * 86_400

/**
 * Routes that would give a thief of one login the secrets of the others, or of other sites. People see and end their
 * logins by `logins.*`, which reveal no tokens.
 */
const DISABLED = [
  '/list-sessions',
  '/revoke-session',
  '/update-session',
  '/get-access-token',
  '/refresh-token',
  '/account-info',
]

/** The sign-in library on this database. It answers below `/api/auth`. */
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
    // The hooks below that run within a transaction have to use its connection, because an embedded database has no
    // other.
    database: { db: options.lazyDb, type: 'postgres', transaction: true },
    trustedOrigins: [origin, ...options.allowedOrigins],
    telemetry: { enabled: false },
    logger: {
      disableColors: true,
      // The further arguments may contain a request's body.
      log: (level, message) => options.log(level, message),
    },
    disabledPaths: DISABLED,
    // This server's own limits apply to all of its interfaces.
    rateLimit: { enabled: false },
    emailAndPassword: {
      enabled: true,
      minPasswordLength: 8,
      maxPasswordLength: 128,
      requireEmailVerification: options.verifiesAddresses,
      revokeSessionsOnPasswordReset: true,
      // The one who reads the address's mail is its owner: every other way to sign in, which somebody may have made who
      // only claimed the address, is removed.
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
              // The guest is deleted here, together with giving away its things.
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
        // This comes before the check whether the address has an account, so that the answer does not reveal it.
        if (path === '/sign-up/email') await policy.admitSignUp()
      }),
    },
    databaseHooks: {
      user: {
        create: {
          before: async (given, context) => {
            const user = boundFields(given)
            const { personId } = await policy.admit(toNewAccount(user), context)
            return { data: { ...user, id: options.newId(), personId } }
          },
        },
        update: {
          before: async (user) => ({ data: boundFields(user) }),
          after: (user) => policy.renamed(user.id, user),
        },
      },
      session: {
        create: { before: async (session) => policy.admitLogin(session.userId) },
      },
    },
    advanced: {
      cookiePrefix: cookiePrefix(baseUrl),
      // The prefix above is stricter than the library's own.
      useSecureCookies: false,
      defaultCookieAttributes: {
        httpOnly: true,
        sameSite: 'lax',
        path: pathname,
        secure: isSecure,
      },
      database: { generateId: () => options.newId() },
      ipAddress: { ipAddressHeaders: [ADDRESS_HEADER] },
      // Every request has passed this server's own check of Origin, which also covers requests without a cookie.
      disableCSRFCheck: true,
      // The address to go to after signing in is always checked; by default the library skips that in tests.
      disableOriginCheck: false,
      // The time of an answer must not reveal whether a mail is sent.
      backgroundTasks: { handler: (task) => void task.catch(() => undefined) },
    },
  })
}

export type Library = ReturnType<typeof createLibrary>

/**
 * `__Host-`: only this host gets the cookie, and only over TLS. Browsers allow that for a whole host only: below a path
 * it is `__Secure-`.
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

/** The person of an account, which is a field without a type in the library. */
function personOf(user: object): string {
  return 'personId' in user && typeof user.personId === 'string' ? user.personId : ''
}

function toNewAccount(user: { name: string; email: string; emailVerified: boolean }): NewAccount {
  const isGuest = 'isAnonymous' in user && user.isAnonymous === true
  return { name: user.name, email: user.email, isVerified: user.emailVerified, isGuest }
}
