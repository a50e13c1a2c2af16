import { createHmac, randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { FastifyBaseLogger } from 'fastify'
import type { Database } from '../../db/engine/database.ts'
import { isTransactionConflict } from '../../db/engine/database-errors.ts'
import { lazyTransactions } from '../../db/engine/lazy-transactions.ts'
import { readNodeSecret } from '../../db/engine/node-secret.ts'
import { deleteAuthUser } from '../../db/queries/accounts.ts'
import { transferEverything } from '../../db/queries/ownership.ts'
import { UserId } from '../../shared/contract/ids.ts'
import { addressGroup } from '../address-group.ts'
import type { Role } from '../../shared/contract/user.ts'
import type { Config } from '../config/config.ts'
import { acceptLink } from './sign-in/accept-link.ts'
import { bearerToken } from './bearer-token.ts'
import { createLoginCheck } from './check-logins.ts'
import { createIdentify, withoutCookie } from './identify.ts'
import { createTokenVerifier } from './issuer.ts'
import { createLibrary, sessionCookieName } from './sign-in/library.ts'
import type { Library } from './sign-in/library.ts'
import { createInvitation, openSetupLink } from './sign-in/links.ts'
import { createMailer } from './sign-in/mailer.ts'
import type { Mail } from './sign-in/mailer.ts'
import { newSecret } from './secret-hash.ts'
import { OpenLogins } from './open-logins.ts'
import type { LastingConnection } from './open-logins.ts'
import type { Asker } from './port.ts'
import { authRoutes } from './sign-in/routes.ts'
import type { SignInLimits } from './sign-in/sign-in-limits.ts'
import { createSignUpPolicy } from './sign-in/sign-up.ts'

export type AccountsOptions = {
  database: Database
  config: Config
  logger: FastifyBaseLogger
  clientAddress(request: IncomingMessage): string
  limits(): SignInLimits | null
  /** Notifies the other nodes that logins may have ended. */
  tellOthers(): void
  onError(error: unknown, what: string): void
  /** ISO 8601. */
  now(): string
  newId(): string
}

/** A connection with its token, which is not verified yet. */
export type Connected = LastingConnection & { request: IncomingMessage; token: string | null }

export type Accounts = Awaited<ReturnType<typeof openAccounts>>

/** Identity on a server with accounts: sign-in, links, keys and tokens, and the connections that depend on them. */
export async function openAccounts(options: AccountsOptions) {
  const { database, config, logger, now, newId, onError } = options
  const { db } = database
  const lazy = lazyTransactions(db)
  const secret = config.auth.secret ?? (await ownSecret(database))
  const setup = await openSetupLink(db, secret, { now, newId })
  const mailer = config.mail && createMailer(config.mail)
  const verifiesAddresses = mailer !== null && config.auth.signUp === 'open'
  const open = new OpenLogins(createLoginCheck(db, now), (error) =>
    onError(error, 'logins could not be looked up'),
  )
  const { publicUrl, basePath } = config.listen
  let baseUrl = publicUrl && new URL(publicUrl).origin + basePath
  let library: Library | null = null

  const send = (mail: Mail): void => {
    mailer?.send(mail).catch((error: unknown) => onError(error, 'a mail could not be sent'))
  }
  /** The library is made on first use, because only then is the server's address known. */
  const getLibrary = (): Library =>
    (library ??= createLibrary({
      ...{ db, lazyDb: lazy.db, secret, verifiesAddresses, now, newId },
      baseUrl: getBaseUrl(),
      allowedOrigins: config.listen.allowedOrigins,
      settings: config.auth,
      send: mailer && send,
      policy: createSignUpPolicy({
        ...{ db: lazy.current, verifiesAddresses, now, newId },
        signUp: config.auth.signUp,
        poolOf: (address) => poolOf(secret, address),
        claimSetup: setup.claim,
        needsSetup: setup.isNeeded,
      }),
      onLink,
      log: (level, message) =>
        logger[level === 'info' ? 'debug' : level]({}, `sign-in: ${message}`),
    }))
  const getBaseUrl = (): string => baseUrl ?? `http://localhost:${config.listen.port}${basePath}`

  async function onLink(
    guest: { id: string; personId: string },
    account: { personId: string },
  ): Promise<void> {
    const [from, to] = [UserId.parse(guest.personId), UserId.parse(account.personId)]
    await (from === to ? deleteAuthUser(db, guest.id) : giveEverything(from, to))
    changed()
  }

  async function giveEverything(from: UserId, to: UserId): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        await db.transaction().execute((transaction) => transferEverything(transaction, from, to))
        return
      } catch (error) {
        // A deadlock with what the guest does in this moment undid it.
        if (tries === MOST_TRIES || !isTransactionConflict(error)) throw error
      }
    }
  }

  /** Logins may have ended: they are checked here, and on every node. */
  function changed(): void {
    void open.recheck()
    options.tellOthers()
  }

  const identify = createIdentify({
    ...{ db, now, newId },
    clientAddress: options.clientAddress,
    cookieName: () => sessionCookieName(getBaseUrl()),
    verify: config.auth.issuer && createTokenVerifier(config.auth.issuer),
    onError: (error) => onError(error, 'the use of a login could not be noted'),
  })

  /**
   * The cookies without that of a login that ended: the library would delete it in the same answer that brings the new
   * one.
   */
  async function cookiesOf(request: IncomingMessage): Promise<string | undefined> {
    const { cookie } = request.headers
    if (cookie === undefined || (await identify(request, null))) return cookie
    return withoutCookie(cookie, sessionCookieName(getBaseUrl()))
  }

  return {
    /**
     * Returns a function that gives the current asker of a connection, which is closed when its login ends.
     *
     * @throws UNAUTHORIZED for an invalid token
     */
    async askerOf(connection: Connected): Promise<() => Asker | null> {
      const found = await identify(connection.request, connection.token)
      return found ? open.add(found.credential, found.asker, connection) : () => null
    },
    routes: authRoutes({
      baseUrl: getBaseUrl,
      handle: (request) => getLibrary().handler(request),
      accept: async (kind, answer, address) =>
        // Also an invitation that was made before the server was closed to new accounts.
        !(kind === 'invite' && config.auth.signUp === 'closed') &&
        acceptLink(db, kind, answer, { address, now, newId }),
      clientAddress: options.clientAddress,
      personOf: async (request) => {
        // An invalid token belongs to nobody.
        const found = await identify(request, bearerToken(request)).catch(() => null)
        return found?.asker.user.id ?? null
      },
      cookiesOf,
      onChange: changed,
      bodyBytes: BODY_BYTES,
      limits: options.limits,
    }),
    changed,
    baseUrl: getBaseUrl,
    recheck: () => open.recheck(),
    /** The link is only in the answer. */
    invite: (invitation: {
      email: string | null
      role: Role
      createdBy: UserId
      expiresAt?: string | undefined
    }) => createInvitation(db, { ...invitation, baseUrl: getBaseUrl() }, { now, newId }),
    /** The link is only in the answer. */
    async resetLink(authUserId: string): Promise<string> {
      const token = newSecret()
      const { internalAdapter } = await getLibrary().$context
      await internalAdapter.createVerificationValue({
        identifier: `reset-password:${token}`,
        value: authUserId,
        expiresAt: new Date(Date.parse(now()) + RESET_MS),
      })
      return `${getBaseUrl()}/reset?token=${token}`
    },
    /** Sends a mail in the background; false when there is no mail server. */
    mail(mail: Mail): boolean {
      if (mailer) send(mail)
      return mailer !== null
    },
    /** The link with which the first account is made; null when there is one. */
    async setupLink(): Promise<string | null> {
      return (await setup.isNeeded(db)) ? `${getBaseUrl()}/setup?token=${setup.token}` : null
    },
    listensAt(url: string): void {
      baseUrl ??= new URL(url).origin + basePath
    },
    close(): void {
      open.close()
      mailer?.close()
    },
  }
}

/** The validity of a link to set a new password, the same as that of a mailed one. Milliseconds. */
const RESET_MS = 60 * 60 * 1000

/** The most tries to give a guest's things to their account. */
const MOST_TRIES = 5
/** Names and passwords are short. */
const BODY_BYTES = 64 * 1024

/** An id that does not reveal the address. A plain hash would: all addresses can be hashed and compared. */
function poolOf(secret: string, address: string): UserId {
  const hash = createHmac('sha256', secret)
    .update(`guests of ${addressGroup(address)}`)
    .digest()
  // RFC 9562, section 5.8
  hash[6] = 0x80 | ((hash[6] ?? 0) & 0x0f)
  hash[8] = 0x80 | ((hash[8] ?? 0) & 0x3f)
  const hex = hash.toString('hex')
  return UserId.parse(
    [
      hex.slice(0, 8),
      hex.slice(8, 12),
      hex.slice(12, 16),
      hex.slice(16, 20),
      hex.slice(20, 32),
    ].join('-'),
  )
}

/** The secret of an embedded database, which belongs to this process alone. */
async function ownSecret({ db }: Database): Promise<string> {
  return (await readNodeSecret(db, 'auth', randomBytes(32))).toString('base64')
}
