import { createLocalJWKSet, createRemoteJWKSet, errors, jwksCache, jwtVerify } from 'jose'
import type { JWKSCacheInput, JWTPayload, JWTVerifyGetKey } from 'jose'
import { z } from 'zod'
import type { Issuer } from '../config/config.ts'

/** A person according to an outside issuer. */
export type OutsideIdentity = {
  issuer: string
  subject: string
  name: string
  email: string | null
  /** Milliseconds since the epoch. */
  expiresAt: number
}

/** A token is refused; the message gives the reason to its sender. */
export class TokenError extends Error {}

/** The validity of a token is unknown, because its issuer does not answer. */
export class IssuerAwayError extends Error {}

/** Only signatures by a key pair: with a shared secret, everybody who can verify could also sign. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
]

const LEEWAY_SECONDS = 30
/** Keys are cached for `CACHE_MS`. An unknown key asks the issuer again, once in `COOLDOWN_MS`. Milliseconds. */
const CACHE_MS = 600_000
const COOLDOWN_MS = 10_000
/** Cached keys are used this long while the issuer does not answer: it may have withdrawn one. Milliseconds. */
const STALE_MS = 6 * 3_600_000

/** Verifies the tokens of an outside issuer by its published keys, which are fetched when they are needed. */
export function createTokenVerifier(
  { jwksUrl, name, audience }: Issuer,
  cooldownMs = COOLDOWN_MS,
  cacheMs = CACHE_MS,
): (token: string) => Promise<OutsideIdentity> {
  const fetched: JWKSCacheInput = {}
  const remote = createRemoteJWKSet(new URL(jwksUrl), {
    cacheMaxAge: cacheMs,
    cooldownDuration: cooldownMs,
    timeoutDuration: 5_000,
    [jwksCache]: fetched,
  })
  let awaySince = Number.NEGATIVE_INFINITY
  /** While the issuer is away, not every request waits for it. */
  const keys: JWTVerifyGetKey = async (header, token) => {
    if (Date.now() - awaySince >= cooldownMs) {
      try {
        return await remote(header, token)
      } catch (error) {
        if (!isAway(error)) throw error
        awaySince = Date.now()
      }
    }
    const { jwks, uat } = fetched
    const away = new IssuerAwayError('The issuer’s keys could not be fetched. Try again.')
    if (!jwks || !uat || Date.now() - uat > STALE_MS) throw away
    return createLocalJWKSet(jwks)(header, token).catch((error: unknown) => {
      // The issuer may have published this key after its last answer.
      throw error instanceof errors.JWKSNoMatchingKey ? away : error
    })
  }
  return async (token) => {
    refuseSupabaseKeys(token)
    try {
      const { payload } = await jwtVerify(token, keys, {
        algorithms: ALGORITHMS,
        clockTolerance: LEEWAY_SECONDS,
        requiredClaims: ['exp', 'sub'],
        ...(name !== null && { issuer: name }),
        ...(audience !== null && { audience }),
      })
      return toIdentity(payload, name ?? new URL(jwksUrl).origin)
    } catch (error) {
      if (error instanceof TokenError || error instanceof IssuerAwayError) throw error
      throw new TokenError(reasonFor(error), { cause: error })
    }
  }
}

const Header = z.object({ alg: z.string() })
const Role = z.object({ role: z.string() })

/** True for a bearer token of an issuer, and not of this server. */
export function isJwt(token: string): boolean {
  return token.split('.').length === 3 && readPart(token, 0, Header) !== null
}

/** These keys would fail the check of the signature, but their sender needs a better explanation. */
function refuseSupabaseKeys(token: string): void {
  const role = readPart(token, 1, Role)?.role
  if (role === 'anon' || role === 'service_role') {
    throw new TokenError(
      `This is the project's ${role} key, which says nobody's name. Send the access token of a signed-in user ` +
        '(supabase.auth.getSession() → session.access_token).',
    )
  }
  const alg = readPart(token, 0, Header)?.alg ?? ''
  if (/^HS\d+$/i.test(alg)) {
    throw new TokenError(
      'This token is signed with a shared secret (HS256), which no published key can verify. Let the issuer sign ' +
        'with a key pair (Supabase: Project Settings, JWT Keys, switch to ES256 signing keys).',
    )
  }
}

function readPart<T extends z.ZodType>(token: string, part: number, schema: T): z.infer<T> | null {
  try {
    const text = Buffer.from(token.split('.')[part] ?? '', 'base64url').toString()
    return schema.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}

const Profile = z.object({
  name: z.string().optional().catch(undefined),
  email: z.string().optional().catch(undefined),
  user_metadata: z
    .object({
      full_name: z.string().optional().catch(undefined),
      name: z.string().optional().catch(undefined),
    })
    .optional()
    .catch(undefined),
})

function toIdentity({ iss, sub, exp, ...claims }: JWTPayload, issuer: string): OutsideIdentity {
  if (!sub || exp === undefined) throw new TokenError('The token names nobody, or has no end.')
  const { name, email, user_metadata: more } = Profile.parse(claims)
  return {
    issuer: iss ?? issuer,
    subject: sub,
    name: (name ?? more?.full_name ?? more?.name ?? email ?? 'Somebody').slice(0, 100),
    email: email ?? null,
    expiresAt: (exp + LEEWAY_SECONDS) * 1000,
  }
}

function reasonFor(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'The token has expired. Sign in again.'
  if (error instanceof errors.JWTClaimValidationFailed) {
    return `The token cannot be used here: its claim "${error.claim}" is missing or for somebody else.`
  }
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported) {
    return 'The token is signed in a way that is not accepted. Use RS256, ES256 or EdDSA.'
  }
  if (error instanceof errors.JWKSNoMatchingKey) {
    return 'The token is signed by a key that the issuer does not publish.'
  }
  return 'The token is not valid.'
}

/** True when the answer is not a set of keys, or there is no answer, for which `fetch` throws a TypeError. */
function isAway(error: unknown): boolean {
  if (error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid) return true
  return !(error instanceof errors.JOSEError) || error.code === 'ERR_JOSE_GENERIC'
}
