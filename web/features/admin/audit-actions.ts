import type { AuditAction } from '../../../shared/contract/audit.ts'

/** The actions one can filter by; that none is missing is for the compiler to see. */
const known: Record<AuditAction, true> = {
  'setup.completed': true,
  'login.succeeded': true,
  'login.failed': true,
  'login.revoked': true,
  'key.created': true,
  'key.revoked': true,
  'user.created': true,
  'user.suspended': true,
  'user.restored': true,
  'user.deleted': true,
  'reset.created': true,
  'role.changed': true,
  'limits.changed': true,
  'invite.created': true,
  'invite.accepted': true,
  'invite.revoked': true,
  'share.created': true,
  'share.revoked': true,
  'export.made': true,
  'session.deleted': true,
  'run.stopped': true,
  'tool.approved': true,
  'tool.denied': true,
}

export const actions: readonly string[] = Object.keys(known)
