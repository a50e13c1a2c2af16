import type { Db } from '../db/engine/database.ts'
import { insertAuditEntry } from '../db/queries/audit-log.ts'
import type { AuditAction, AuditDetail } from '../shared/contract/audit.ts'
import type { User } from './auth/port.ts'

/** The actor and the address; null when nobody is signed in, or without a connection. */
export type Actor = { user: Pick<User, 'id'> | null; address: string | null }

/** The action, and its object. */
export type Audited<Action extends AuditAction> = {
  action: Action
  targetId: string | null
  detail: AuditDetail<Action>
}

/**
 * Adds an entry to the audit log. In the transaction of the action, both are committed or neither.
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
