import { z } from 'zod'
import { UserId } from './ids.ts'
import { Timestamp } from './session.ts'
import { Role, UserLimits } from './user.ts'

/**
 * The details of each action in the audit log, besides its actor and target. They have no text of conversations, no
 * secret, and no name or address of a person, so that they can be kept after a person is deleted.
 */
export const AuditDetails = {
  'setup.completed': z.object({}),
  /** `method` is the sign-in library's name, such as `email`, `github` or `token`. */
  'login.succeeded': z.object({ method: z.string() }),
  'login.failed': z.object({ method: z.string() }),
  'login.revoked': z.object({}),
  'key.created': z.object({ scope: z.enum(['read', 'write']) }),
  'key.revoked': z.object({}),
  /**
   * The way in which the account was made: with the setup link, an invitation, by signing up, as a guest, or by an
   * outside issuer.
   */
  'user.created': z.object({ by: z.enum(['setup', 'invite', 'sign-up', 'guest', 'issuer']) }),
  'user.suspended': z.object({}),
  'user.restored': z.object({}),
  'user.deleted': z.object({}),
  /** An administrator made a link to set a new password. */
  'reset.created': z.object({}),
  'role.changed': z.object({ from: Role, to: Role }),
  'limits.changed': z.object({ from: UserLimits, to: UserLimits }),
  'invite.created': z.object({ role: Role }),
  'invite.accepted': z.object({ role: Role }),
  'invite.revoked': z.object({}),
  'share.created': z.object({ sessionId: z.string() }),
  'share.revoked': z.object({}),
  'export.made': z.object({ what: z.enum(['session', 'account', 'audit']), format: z.string() }),
  'session.deleted': z.object({}),
  'run.stopped': z.object({ sessionId: z.string() }),
  'tool.approved': z.object({ tool: z.string() }),
  'tool.denied': z.object({ tool: z.string() }),
} as const

export type AuditAction = keyof typeof AuditDetails
export type AuditDetail<Action extends AuditAction> = z.infer<(typeof AuditDetails)[Action]>

/** An entry of the audit log. */
export const AuditEntry = z.object({
  id: z.number().int(),
  at: Timestamp,
  /** A name in `AuditDetails`; a newer server may have more. */
  action: z.string(),
  /** Null when nobody was signed in. */
  actorId: UserId.nullable(),
  /** The id of the target: a user, a session, a call, a key, a share or an invitation. */
  targetId: z.string().nullable(),
  /** The IP address; null for actions of the server itself, and of people who were deleted. */
  address: z.string().nullable(),
  detail: z.record(z.string(), z.unknown()),
  /** The current names of actor and target, if they are people who still exist. */
  actorName: z.string().nullable(),
  targetName: z.string().nullable(),
})
export type AuditEntry = z.infer<typeof AuditEntry>
