import { sql } from 'kysely'
import type { AuditEntry } from '../../shared/contract/audit.ts'
import type { CallId, UserId } from '../../shared/contract/ids.ts'
import type { Db } from '../engine/database.ts'

export async function insertAuditEntry(
  transaction: Db,
  entry: {
    at: string
    action: string
    actorId: UserId | null
    targetId: string | null
    address: string | null
    detail: object
  },
): Promise<void> {
  await transaction
    .insertInto('audit_log')
    .values({
      at: entry.at,
      action: entry.action,
      actor_id: entry.actorId,
      target_id: entry.targetId,
      address: entry.address,
      detail: JSON.stringify(entry.detail),
    })
    .execute()
}

/** The last decision about a call; null when there is none. */
export async function findDecision(db: Db, id: CallId): Promise<'approve' | 'deny' | null> {
  const row = await db
    .selectFrom('audit_log')
    .select('action')
    .where('target_id', '=', id)
    .where('action', 'in', ['tool.approved', 'tool.denied'])
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (!row) return null
  return row.action === 'tool.approved' ? 'approve' : 'deny'
}

export type AuditFilter = {
  action?: string | undefined
  /** The actor or the target. */
  userId?: UserId | undefined
  /** At this time or later, and before `to`; ISO 8601. */
  from?: string | undefined
  to?: string | undefined
}

/**
 * Newest entries first.
 *
 * @param before limits the result to entries that were added before the one with this id
 */
export async function readAuditLog(
  db: Db,
  { action, userId, from, to }: AuditFilter,
  { before, limit }: { before: number | null; limit: number },
): Promise<AuditEntry[]> {
  let query = db
    .selectFrom('audit_log')
    .leftJoin('users as actors', 'actors.id', 'audit_log.actor_id')
    .select([
      'audit_log.id',
      'audit_log.at',
      'audit_log.action',
      'audit_log.actor_id as actorId',
      'audit_log.target_id as targetId',
      'audit_log.address',
      'audit_log.detail',
      'actors.name as actorName',
      sql<string | null>`(select users.name from users where users.id = case
        when audit_log.action like 'user.%' or audit_log.action in ('role.changed', 'limits.changed')
        then audit_log.target_id::uuid end)`.as('targetName'),
    ])
    .orderBy('audit_log.id', 'desc')
    .limit(limit)
  if (before !== null) query = query.where('audit_log.id', '<', before)
  if (action !== undefined) query = query.where('audit_log.action', '=', action)
  if (from !== undefined) query = query.where('audit_log.at', '>=', from)
  if (to !== undefined) query = query.where('audit_log.at', '<', to)
  if (userId !== undefined) {
    query = query.where((is) =>
      is.or([is('audit_log.actor_id', '=', userId), is('audit_log.target_id', '=', userId)]),
    )
  }
  return query.execute()
}

/** Removes the IP addresses from the entries of a person whose row is deleted already. */
export async function anonymiseAuditLog(transaction: Db, userId: UserId): Promise<void> {
  await transaction
    .updateTable('audit_log')
    .set({ address: null })
    .where('actor_id', '=', userId)
    .where('address', 'is not', null)
    .execute()
}
