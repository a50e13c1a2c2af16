import { anonymiseAuditLog } from '../../db/queries/audit-log.ts'
import {
  beginDeletion,
  finishDeletion,
  listDeletions,
  listSessionsOf,
} from '../../db/queries/deletions.ts'
import type { UserId } from '../../shared/contract/ids.ts'
import { CommandError, notFound } from '../api-error.ts'
import { audit } from '../audit.ts'
import type { Actor } from '../audit.ts'
import { localAsker } from '../auth/local-owner.ts'
import { toUser } from '../auth/user.ts'
import type { Services } from '../services.ts'
import { deleteSession } from './change-sessions.ts'
import { execute } from './execute.ts'

/**
 * Deletes a person with everything that is theirs. Their logins and keys end first, at once; then their sessions go as
 * each of them would alone, so that answers under way end and readers are told; last the person. What the end of the
 * process cuts is finished at the next start.
 *
 * @param actor who wants it; null to go on with what somebody wanted before
 * @throws CONFLICT for the last administrator, NOT_FOUND when there is no such person
 */
export async function deletePerson(
  services: Services,
  id: UserId,
  actor: Actor | null,
): Promise<void> {
  const { db } = services.database
  const person = await db.transaction().execute(async (transaction) => {
    const begun = await beginDeletion(transaction, id, services.now())
    if (actor && begun && begun !== 'last-admin') {
      const deleted = { action: 'user.deleted', targetId: id, detail: {} } as const
      await audit(transaction, actor, services.now(), deleted)
    }
    return begun
  })
  if (person === 'last-admin') {
    throw new CommandError(
      'CONFLICT',
      'This is the last administrator. Make somebody else an administrator first.',
    )
  }
  if (!person) {
    throw notFound('user')
  }
  const asker = { ...localAsker(toUser(person)), address: null }
  for (const sessionId of await listSessionsOf(db, id)) {
    await execute(services, asker, deleteSession, { id: sessionId }).catch((error: unknown) => {
      // Gone already.
      if (!(error instanceof CommandError) || error.code !== 'NOT_FOUND') throw error
    })
  }
  await db.transaction().execute(async (transaction) => {
    await finishDeletion(transaction, id)
    await anonymiseAuditLog(transaction, id)
  })
  // Whose call it is gets the answer; who is slower to go is found by the next look at all logins.
  services.logins.changed()
}

/** Finishes the deletions that an earlier process began. */
export async function finishDeletions(services: Services): Promise<void> {
  for (const id of await listDeletions(services.database.db)) {
    await deletePerson(services, id, null)
  }
}
