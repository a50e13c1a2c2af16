import { anonymiseAuditLog } from '../../db/queries/audit-log.ts'
import {
  beginDeletion,
  finishDeletion,
  listDeletions,
  listSessionsOf,
} from '../../db/queries/deletions.ts'
import type { UserRow } from '../../db/queries/users.ts'
import type { UserId } from '../../shared/contract/ids.ts'
import { CommandError, notFound } from '../api-error.ts'
import { audit } from '../audit.ts'
import type { Actor } from '../audit.ts'
import { localAsker } from '../auth/local-owner.ts'
import { toUser } from '../auth/user.ts'
import type { Services } from '../services.ts'
import { deleteSession } from './change-sessions.ts'
import { execute } from './execute.ts'

/** Between two looks for deletions that were cut. */
const LOOK_MS = 60_000

/**
 * Deletes a person with everything that is theirs. Their logins and keys end first, at once; then their sessions go as
 * each of them would alone, so that answers under way end and readers are told; last the person. What an error or
 * the end of the process cuts is finished within a minute, or at the next start.
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
  // Whoever deletes themselves still gets the answer.
  const isOwn = actor?.user?.id === id
  if (!isOwn) services.logins.changed()
  try {
    await deleteEverything(services, person)
  } finally {
    if (isOwn) services.logins.changed()
  }
}

async function deleteEverything(services: Services, person: UserRow): Promise<void> {
  const { db } = services.database
  const { id } = person
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
}

/** Finishes now, and every minute until it is disposed, what `finishDeletions` does. */
export async function keepFinishingDeletions(
  services: Services,
  onError: (error: unknown, what: string) => void,
): Promise<AsyncDisposable> {
  let looking: Promise<void> | null = null
  const look = () => {
    looking ??= finishDeletions(services, onError)
      .catch((error: unknown) => onError(error, 'who is to be deleted could not be read'))
      .finally(() => {
        looking = null
      })
    return looking
  }
  await look()
  const timer = setInterval(() => void look(), LOOK_MS)
  return {
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer)
      await looking
    },
  }
}

/**
 * Finishes the deletions that were begun and cut: by the end of a process, or by an error. One that fails again is
 * reported, and does not keep the others.
 */
export async function finishDeletions(
  services: Services,
  onError: (error: unknown, what: string) => void,
): Promise<void> {
  for (const id of await listDeletions(services.database.db)) {
    await deletePerson(services, id, null).catch((error: unknown) => {
      // Another node, or whoever asked for it, has finished it.
      if (!(error instanceof CommandError) || error.code !== 'NOT_FOUND') {
        onError(error, 'a person could not be deleted yet')
      }
    })
  }
}
