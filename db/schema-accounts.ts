import type { ColumnType, Generated } from 'kysely'
import type { KeyId, UserId } from '../shared/contract/ids.ts'
import type { Role } from '../shared/contract/user.ts'

/** The tables of accounts, links, keys and the audit log; `schema.ts` has those of conversations. */

/** An account of the sign-in library, which writes it, with the person to whom it belongs. */
export type AuthUserTable = {
  id: string
  person_id: UserId
  name: string
  email: string
  email_verified: Generated<boolean>
  image: string | null
  is_anonymous: Generated<boolean | null>
  two_factor_enabled: Generated<boolean | null>
  created_at: Generated<string>
  updated_at: Generated<string>
}

/** A login. */
export type AuthSessionTable = {
  id: string
  /** An id of `auth_users`. */
  user_id: string
  token: string
  expires_at: string
  ip_address: string | null
  user_agent: string | null
  created_at: Generated<string>
  updated_at: Generated<string>
}

/** A way to sign in: the password (`credential`), or an account elsewhere. */
export type AuthAccountTable = {
  id: string
  /** An id of `auth_users`. */
  user_id: string
  provider_id: string
  account_id: string
  password: string | null
  created_at: Generated<string>
  updated_at: Generated<string>
}

/** A link with which one account can be made, once. */
export type AuthLinkTable = {
  id: string
  kind: 'setup' | 'invite'
  /** SHA-256 of the token, as hexadecimal digits. */
  token_hash: string
  /** The only address that may use it; null for any. */
  email: string | null
  role: Role
  created_by: UserId | null
  created_at: string
  expires_at: string | null
  used_at: string | null
  used_by: UserId | null
  revoked_at: string | null
}

export type ApiKeyTable = {
  id: KeyId
  user_id: UserId
  name: string
  /** The first characters of the key, by which a person recognises it. */
  prefix: string
  /** SHA-256 of the key, as hexadecimal digits. */
  hash: string
  scope: 'read' | 'write'
  usd_per_day: number | null
  created_at: string
  expires_at: string | null
  last_used_at: string | null
  revoked_at: string | null
}

/** The audit log: actor, action, target and address. Rows are only added. */
export type AuditLogTable = {
  id: Generated<number>
  at: string
  action: string
  actor_id: UserId | null
  /** An id of any kind. */
  target_id: string | null
  address: string | null
  detail: ColumnType<Record<string, unknown>, string, never>
}
