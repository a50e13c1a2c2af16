import type { UserId } from '../../shared/contract/ids.ts'
import type { Role, UserLimits } from '../../shared/contract/user.ts'

/** A person, as everything that they ask for is judged: the whole row. */
export type User = {
  id: UserId
  name: string
  email: string | null
  role: Role
  suspended: boolean
  /** Set by an administrator in place of the settings'. */
  limits: UserLimits
  /** ISO 8601. */
  createdAt: string
}

/**
 * What a person shows that it is them.
 *
 * `local` is the owner of a server without accounts; `login` a session of the sign-in library, `guest` that of somebody
 * without an account; `key` an API key; `token` one of an outside issuer, or what an embedding application says.
 */
export type Login = {
  kind: 'local' | 'login' | 'guest' | 'key' | 'token'
  /** Of the session or the key; for a token, of its person. */
  id: string
  /** `read` may change nothing. */
  scope: 'read' | 'write'
}

/** Who asks, and by which login. */
export type Asker = { user: User; login: Login }

/** Who asks, and from which address; null where it came over no connection. */
export type Requester = Asker & { address: string | null }
