import type { AuditAction } from '../../../shared/contract/audit.ts'
import { msg, t } from '../../language/t.ts'
import type { Marked } from '../../language/t.ts'

/** The actions one can filter by, in words; that none is missing is for the compiler to see. */
const known: Record<AuditAction, Marked> = {
  'setup.completed': msg('setup completed'),
  'login.succeeded': msg('login succeeded'),
  'login.failed': msg('login failed'),
  'login.revoked': msg('login revoked'),
  'key.created': msg('key created'),
  'key.revoked': msg('key revoked'),
  'user.created': msg('user created'),
  'user.suspended': msg('user suspended'),
  'user.restored': msg('user restored'),
  'user.deleted': msg('user deleted'),
  'reset.created': msg('reset created'),
  'role.changed': msg('role changed'),
  'limits.changed': msg('limits changed'),
  'invite.created': msg('invite created'),
  'invite.accepted': msg('invite accepted'),
  'invite.revoked': msg('invite revoked'),
  'share.created': msg('share created'),
  'share.revoked': msg('share revoked'),
  'export.made': msg('export made'),
  'session.deleted': msg('session deleted'),
  'run.stopped': msg('run stopped'),
  'tool.approved': msg('tool approved'),
  'tool.denied': msg('tool denied'),
}

export const actions: readonly string[] = Object.keys(known)

/** The name of an action; an action of another version is shown as it is recorded. */
export function actionName(action: string): string {
  return isKnown(action) ? t(known[action]) : action.replace('.', ' ')
}

function isKnown(action: string): action is AuditAction {
  return Object.hasOwn(known, action)
}
