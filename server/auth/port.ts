import type { UserId } from '../../shared/contract/ids.ts'
import type { Role, UserLimits } from '../../shared/contract/user.ts'

/** A person with everything by which requests are admitted. */
export type User = {
  id: UserId
  name: string
  email: string | null
  role: Role
  suspended: boolean
  /** Limits that an administrator set in place of the settings'. */
  limits: UserLimits
  /** ISO 8601. */
  createdAt: string
}

/**
 * The login of a request.
 *
 * `local` is the owner of a server without accounts; `login` a session of the sign-in library, `guest` one of somebody
 * without an account; `key` an API key; `token` one of an outside issuer, or an identity of an embedding application.
 */
export type Login = {
  kind: 'local' | 'login' | 'guest' | 'key' | 'token'
  /** The id of the session or the key; for a token, of its person. */
  id: string
  /** `read` can change nothing. */
  scope: 'read' | 'write'
}

/** The person who makes a request, and the login. */
export type Asker = { user: User; login: Login }

/** An asker with the IP address; null for a call without a connection. */
export type Requester = Asker & { address: string | null }
