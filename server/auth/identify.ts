import type { IncomingMessage } from 'node:http'
import { TRPCError } from '@trpc/server'
import type { Db } from '../../db/engine/database.ts'
import { findKey, touchKey } from '../../db/queries/api-keys.ts'
import { findLogin, touchLogin } from '../../db/queries/logins.ts'
import { UserId } from '../../shared/contract/ids.ts'
import { keyAsker, loginAsker, tokenAsker } from './check-logins.ts'
import { IssuerAwayError, isJwt, TokenError } from './issuer.ts'
import type { OutsideIdentity } from './issuer.ts'
import type { Credential } from './open-logins.ts'
import { findOrMakePerson } from './outside-person.ts'
import type { Asker } from './port.ts'
import { hashSecret } from './secret-hash.ts'
import { toUser } from './user.ts'

/** A credential and its asker. */
export type Identified = { credential: Credential; asker: Asker }

export type IdentifyOptions = {
  db: Db
  /** It depends on the server's address, which is known when the server listens. */
  cookieName(): string
  /** Null when no outside issuer is configured. */
  verify: ((token: string) => Promise<OutsideIdentity>) | null
  clientAddress(request: IncomingMessage): string
  /** ISO 8601. */
  now(): string
  newId(): string
  onError(error: unknown): void
}

const KEY = /^tl_[\w-]+$/
/** The time of a login's or key's last use is stored with this precision. Milliseconds. */
const SEEN_MS = 60_000

/** Finds the asker of a request by its token or cookies. */
export function createIdentify(options: IdentifyOptions) {
  const { db, now } = options

  async function byKey(token: string): Promise<Identified | null> {
    const found = await findKey(db, hashSecret(token), now())
    if (!found) return null
    noteUse(found.lastUsedAt, (at) => touchKey(db, found.keyId, at))
    return { credential: { type: 'key', id: found.keyId }, asker: keyAsker(found) }
  }

  async function byLogin(token: string): Promise<Identified | null> {
    const found = await findLogin(db, token, now())
    if (!found) return null
    noteUse(found.lastSeenAt, (at) => touchLogin(db, found.loginId, at))
    return { credential: { type: 'login', id: found.loginId }, asker: loginAsker(found) }
  }

  async function byIssuer(token: string, address: string): Promise<Identified> {
    if (!options.verify) throw refused('Tokens of outside issuers are not accepted here.')
    const identity = await options.verify(token).catch((error: unknown) => {
      if (error instanceof IssuerAwayError) {
        throw new TRPCError({ code: 'SERVICE_UNAVAILABLE', message: error.message })
      }
      throw error instanceof TokenError ? refused(error.message) : error
    })
    const { issuer, subject, name, email, expiresAt } = identity
    const id = UserId.parse(options.newId())
    const person = { id, issuer, subject, name, email, role: 'member' as const }
    const user = toUser(await findOrMakePerson(db, person, { address, now }))
    return { credential: { type: 'token', userId: user.id, expiresAt }, asker: tokenAsker(user) }
  }

  function noteUse(last: string | null, note: (at: string) => Promise<void>): void {
    const at = now()
    if (last !== null && Date.parse(at) - Date.parse(last) < SEEN_MS) return
    note(at).catch(options.onError)
  }

  /**
   * @returns null for nobody
   * @throws UNAUTHORIZED for an invalid token, because its sender expects to be somebody
   * @throws SERVICE_UNAVAILABLE when the token's issuer does not answer, because an outage must sign nobody out
   */
  return async (request: IncomingMessage, token: string | null): Promise<Identified | null> => {
    if (token === null) {
      const cookie = readCookie(request.headers.cookie, options.cookieName())
      // An invalid cookie is no error: a browser keeps sending that of a login that ended.
      return cookie === null ? null : byLogin(withoutSignature(cookie))
    }
    if (isJwt(token)) return byIssuer(token, options.clientAddress(request))
    const found = KEY.test(token) ? await byKey(token) : await byLogin(withoutSignature(token))
    if (!found) throw refused('This token is not valid any more, or never was. Sign in again.')
    return found
  }
}

function refused(message: string): TRPCError {
  return new TRPCError({ code: 'UNAUTHORIZED', message })
}

/** The library issues its tokens with a signature behind a dot, in cookies always. Only the token is the secret. */
function withoutSignature(token: string): string {
  return token.split('.', 1)[0] ?? ''
}

/** The header of a request without the cookie of this name. */
export function withoutCookie(header: string, name: string): string {
  const kept = header.split(';').filter((pair) => pair.split('=', 1)[0]?.trim() !== name)
  return kept.join(';').trim()
}

/** The value of a cookie (RFC 6265, section 4.2); null when the request has none of this name. */
function readCookie(header: string | undefined, name: string): string | null {
  for (const pair of header?.split(';') ?? []) {
    const at = pair.indexOf('=')
    if (pair.slice(0, at).trim() !== name) continue
    try {
      return decodeURIComponent(pair.slice(at + 1).trim())
    } catch {
      return null
    }
  }
  return null
}
