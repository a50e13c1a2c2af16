import type { Db } from '../db/engine/database.ts'
import { insertAuditEntry } from '../db/queries/audit-log.ts'
import type { AuditAction, AuditDetail } from '../shared/contract/audit.ts'
import type { User } from './auth/port.ts'

/** Who does something, and from where; null where nobody is signed in, and where it came over no connection. */
export type Actor = { user: Pick<User, 'id'> | null; address: string | null }

/** What is done, and to what. */
export type Audited<Action extends AuditAction> = {
  action: Action
  targetId: string | null
  detail: AuditDetail<Action>
}

/**
 * Adds to the audit log. Given the transaction of what it records, both are committed or neither.
 *
 * @param at ISO 8601
 */
export async function audit<Action extends AuditAction>(
  transaction: Db,
  { user, address }: Actor,
  at: string,
  { action, targetId, detail }: Audited<Action>,
): Promise<void> {
  await insertAuditEntry(transaction, {
    at,
    action,
    actorId: user?.id ?? null,
    targetId,
    address,
    detail,
  })
}
