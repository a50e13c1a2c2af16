import { findAccountOf } from '../../../db/queries/accounts.ts'
import { changePerson, lockPerson } from '../../../db/queries/admin/people.ts'
import { lockOtherAdmins } from '../../../db/queries/deletions.ts'
import type { Db } from '../../../db/engine/database.ts'
import { stopRunsOf } from '../../../db/queries/runs/suspended-runs.ts'
import { findUser } from '../../../db/queries/users.ts'
import type { UserRow } from '../../../db/queries/users.ts'
import { adminUsers } from '../../../shared/contract/api/admin.ts'
import type { UserId } from '../../../shared/contract/ids.ts'
import { toPerson } from '../../admin/person.ts'
import { CommandError, notFound } from '../../api-error.ts'
import { audit } from '../../audit.ts'
import type { AuditAction } from '../../../shared/contract/audit.ts'
import type { Audited } from '../../audit.ts'
import { toUser } from '../../auth/user.ts'
import { mutation } from '../../trpc.ts'
import { free } from '../command.ts'
import type { Effect } from '../command.ts'

export const updateUser = free(
  adminUsers.update,
  async ({ database, user, address, now: clock }, { id, role, suspended, limits }) => {
    const now = clock()
    const { row, stopped } = await database.db.transaction().execute(async (transaction) => {
      const note = <Action extends AuditAction>(audited: Audited<Action>) =>
        audit(transaction, { user, address }, now, audited)
      const { person, isLastAdmin } = await lock(transaction, id)
      const before = toUser(person)
      const after = {
        role: role ?? before.role,
        suspended: suspended ?? before.suspended,
        limits: limits ?? before.limits,
      }
      if (isLastAdmin && (after.role !== 'admin' || after.suspended)) {
        throw lastAdmin()
      }
      if (after.role !== before.role) {
        const detail = { from: before.role, to: after.role }
        await note({ action: 'role.changed', targetId: id, detail })
      }
      if (after.suspended !== before.suspended) {
        const action = after.suspended ? 'user.suspended' : 'user.restored'
        await note({ action, targetId: id, detail: {} })
      }
      if (JSON.stringify(after.limits) !== JSON.stringify(before.limits)) {
        const detail = { from: before.limits, to: after.limits }
        await note({ action: 'limits.changed', targetId: id, detail })
      }
      const changed = await changePerson(transaction, id, {
        role: after.role,
        suspendedAt: after.suspended ? (person.suspended_at ?? now) : null,
        limits: after.limits,
      })
      return {
        row: changed,
        stopped: after.suspended ? await stopRunsOf(transaction, id, now) : [],
      }
    })
    return {
      result: toPerson(row),
      effects: [
        ...stopped.map((runId): Effect => ({ type: 'stop', runId })),
        { type: 'logins-changed' },
      ],
    }
  },
)

/** For a person who cannot be reached by mail. The audit log names the administrator who made the link. */
export const createResetLink = mutation(
  adminUsers.resetLink,
  async ({ services, user, address }, { id }) => {
    const { database, accounts, now } = services
    const { db } = database
    if (!(await findUser(db, id))) {
      throw notFound('user')
    }
    const account = await findAccountOf(db, id)
    if (!accounts || account === null) {
      throw new CommandError('CONFLICT', 'This person does not sign in here with a password.')
    }
    await audit(db, { user, address: address ?? null }, now(), {
      action: 'reset.created',
      targetId: id,
      detail: {},
    })
    return { link: await accounts.resetLink(account) }
  },
)

async function lock(
  transaction: Db,
  id: UserId,
): Promise<{ person: UserRow; isLastAdmin: boolean }> {
  const others = await lockOtherAdmins(transaction, id)
  const person = await lockPerson(transaction, id)
  if (!person) {
    throw notFound('user')
  }
  const isActing = person.role === 'admin' && person.account_status === 'active'
  return { person, isLastAdmin: isActing && others === 0 }
}

function lastAdmin(): CommandError {
  return new CommandError(
    'CONFLICT',
    'This is the last administrator. Make somebody else an administrator first.',
  )
}
