import { setTimeout as delay } from 'node:timers/promises'
import type { Db } from '../../db/engine/database.ts'
import { findKeys } from '../../db/queries/api-keys.ts'
import type { KeyRow } from '../../db/queries/api-keys.ts'
import { findLogins } from '../../db/queries/logins.ts'
import type { LoginRow } from '../../db/queries/logins.ts'
import { findUsers } from '../../db/queries/users.ts'
import { KeyId, UserId } from '../../shared/contract/ids.ts'
import { keyOf } from './open-logins.ts'
import type { CheckLogins, Credential } from './open-logins.ts'
import type { Asker } from './port.ts'
import { toUser } from './user.ts'

/**
 * The longest that an embedding application may take to check a login, because all other checks wait for it.
 * Milliseconds.
 */
const ANSWER_MS = 2_000

/** Finds the askers of valid logins and keys, with one query for each kind. */
export function createLoginCheck(db: Db, now: () => string): CheckLogins {
  const asked = new WeakMap<Credential, Promise<Asker | null>>()
  return async (credentials) => {
    const logins = idsOf(credentials, 'login')
    const keys = idsOf(credentials, 'key').map((id) => KeyId.parse(id))
    const found = new Map<string, Asker>()
    if (logins.length > 0) {
      for (const login of await findLogins(db, logins, now())) {
        found.set(keyOf({ type: 'login', id: login.loginId }), loginAsker(login))
      }
    }
    if (keys.length > 0) {
      for (const key of await findKeys(db, keys, now())) {
        found.set(keyOf({ type: 'key', id: key.keyId }), keyAsker(key))
      }
    }
    await checkTokens(db, credentials, Date.parse(now()), found)
    const unknown = new Map<string, unknown>()
    await Promise.all(
      credentials
        .filter((credential) => credential.type === 'embedder')
        .map(async (credential) => {
          try {
            const asker = await answerOf(credential)
            if (asker) found.set(keyOf(credential), asker)
          } catch (error) {
            unknown.set(keyOf(credential), error)
          }
        }),
    )
    return { holding: found, unknown }
  }

  /** The application's answer, if it comes in time. Each connection has at most one open question. */
  async function answerOf(credential: Extract<Credential, { type: 'embedder' }>) {
    const answer = asked.get(credential) ?? credential.ask().finally(() => asked.delete(credential))
    asked.set(credential, answer)
    const waited = new AbortController()
    const late = delay(ANSWER_MS, undefined, { signal: waited.signal, ref: false }).then(() => {
      throw new Error('The application did not say in time whether a login holds.')
    })
    late.catch(() => undefined)
    try {
      return await Promise.race([answer, late])
    } finally {
      waited.abort()
    }
  }
}

async function checkTokens(
  db: Db,
  credentials: readonly Credential[],
  now: number,
  found: Map<string, Asker>,
): Promise<void> {
  const tokens = credentials
    .filter((credential) => credential.type === 'token')
    .filter(({ expiresAt }) => expiresAt > now)
  if (tokens.length === 0) return
  const ids = [...new Set(tokens.map(({ userId }) => UserId.parse(userId)))]
  const people = new Map((await findUsers(db, ids)).map((row) => [row.id, row]))
  for (const token of tokens) {
    const row = people.get(UserId.parse(token.userId))
    if (row) found.set(keyOf(token), tokenAsker(toUser(row)))
  }
}

function idsOf(credentials: readonly Credential[], type: 'login' | 'key'): string[] {
  return credentials.flatMap((one) => (one.type === type ? [one.id] : []))
}

export function loginAsker({ loginId, isGuest, row }: LoginRow): Asker {
  const kind = isGuest === true ? 'guest' : 'login'
  return { user: toUser(row), login: { kind, id: loginId, scope: 'write' } }
}

export function keyAsker({ keyId, scope, row }: KeyRow): Asker {
  return { user: toUser(row), login: { kind: 'key', id: keyId, scope } }
}

/** The login of a token. All tokens of a person count as the same login. */
export function tokenAsker(user: Asker['user']): Asker {
  return { user, login: { kind: 'token', id: user.id, scope: 'write' } }
}
