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

/** By what somebody is known, and who it is. */
export type Identified = { credential: Credential; asker: Asker }

export type IdentifyOptions = {
  db: Db
  /** Known when the server listens. */
  cookieName(): string
  /** Null where no outside issuer is set up. */
  verify: ((token: string) => Promise<OutsideIdentity>) | null
  clientAddress(request: IncomingMessage): string
  /** ISO 8601. */
  now(): string
  newId(): string
  onError(error: unknown): void
}

const KEY = /^tl_[\w-]+$/
/** How exactly it is kept when a login or a key was last used. Milliseconds. */
const SEEN_MS = 60_000

/** Finds out who speaks, from a token or the cookies of a request. */
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
   * @throws UNAUTHORIZED for a token that is good for nothing: whoever sends one believes to be somebody
   * @throws SERVICE_UNAVAILABLE where its issuer does not answer: nobody is signed out by that
   */
  return async (request: IncomingMessage, token: string | null): Promise<Identified | null> => {
    if (token === null) {
      const cookie = readCookie(request.headers.cookie, options.cookieName())
      // A browser keeps sending the cookie of a login that ended.
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

/** The library hands out its tokens with a signature behind a dot, in cookies always. The token alone is the secret. */
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
