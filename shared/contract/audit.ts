import { z } from 'zod'
import { UserId } from './ids.ts'
import { Timestamp } from './session.ts'
import { Role, UserLimits } from './user.ts'

/**
 * What the audit log knows of each action beside who did it to what: nothing that anybody said, no secret, and no name
 * or address of a person, so that it may outlive them.
 */
export const AuditDetails = {
  'setup.completed': z.object({}),
  /** `method` as the sign-in library names it, such as `email`, `github` or `token`. */
  'login.succeeded': z.object({ method: z.string() }),
  'login.failed': z.object({ method: z.string() }),
  'login.revoked': z.object({}),
  'key.created': z.object({ scope: z.enum(['read', 'write']) }),
  'key.revoked': z.object({}),
  /** How they came: by an invitation, by themselves, from an outside issuer. */
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

/** One thing that was done. */
export const AuditEntry = z.object({
  id: z.number().int(),
  at: Timestamp,
  /** One of `AuditDetails`; a newer server knows more. */
  action: z.string(),
  /** Null where nobody was signed in. */
  actorId: UserId.nullable(),
  /** What it was done to: a user, a session, a call, a key, a share, an invitation. */
  targetId: z.string().nullable(),
  /** From where; null for what came from within the server, and of people who are deleted. */
  address: z.string().nullable(),
  detail: z.record(z.string(), z.unknown()),
  /** The names of actor and target as they are now, where they are people who are still there. */
  actorName: z.string().nullable(),
  targetName: z.string().nullable(),
})
export type AuditEntry = z.infer<typeof AuditEntry>
