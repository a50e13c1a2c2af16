import { anonymiseAuditLog } from '../../../db/queries/audit-log.ts'
import {
  beginDeletion,
  finishDeletion,
  listDeletions,
  listSessionsOf,
} from '../../../db/queries/deletions.ts'
import { stopRunsOf } from '../../../db/queries/runs/suspended-runs.ts'
import type { UserRow } from '../../../db/queries/users.ts'
import type { RunId, UserId } from '../../../shared/contract/ids.ts'
import { CommandError, notFound } from '../../api-error.ts'
import { audit } from '../../audit.ts'
import type { Actor } from '../../audit.ts'
import { localAsker } from '../../auth/local-owner.ts'
import { toUser } from '../../auth/user.ts'
import type { Services } from '../../services.ts'
import { repeating } from '../../concurrency/repeating.ts'
import { deleteSession } from '../sessions/change-sessions.ts'
import { execute } from '../execute.ts'

/** Interval between two searches for deletions that were interrupted. */
const INTERVAL_MS = 60_000

/**
 * Deletes a person with everything that is theirs. Their logins and keys end first; then each session is deleted as by
 * its own command, so that running answers end and readers are notified; the person is deleted last. A deletion that an
 * error or the end of the process interrupts is finished within a minute, or at the next start.
 *
 * @param actor the one who asks for it; null to finish a deletion that was asked for before
 * @throws CONFLICT for the last administrator, NOT_FOUND when there is no such person
 */
export async function deletePerson(
  services: Services,
  id: UserId,
  actor: Actor | null,
): Promise<void> {
  const { db } = services.database
  let stopped: RunId[] = []
  const person = await db.transaction().execute(async (transaction) => {
    const begun = await beginDeletion(transaction, id, services.now())
    stopped =
      begun && begun !== 'last-admin' ? await stopRunsOf(transaction, id, services.now()) : []
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
  // The sessions and their runs are deleted one after the other, which may take long, so the runs stop first.
  for (const runId of stopped) {
    services.runs.stop(runId)
    services.node.broadcast({ type: 'stop', runId })
  }
  // A person who deletes their own account still gets the answer to this request.
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
      // The session is deleted already.
      if (!(error instanceof CommandError) || error.code !== 'NOT_FOUND') throw error
    })
  }
  await db.transaction().execute(async (transaction) => {
    await finishDeletion(transaction, id)
    await anonymiseAuditLog(transaction, id)
  })
}

/** Runs `finishDeletions` now, and every minute until it is disposed. */
export async function keepFinishingDeletions(
  services: Services,
  onError: (error: unknown, what: string) => void,
): Promise<AsyncDisposable> {
  const over = new AbortController()
  const finish = repeating(
    async () => {
      await finishDeletions(services, onError)
      return false
    },
    {
      isOver: () => over.signal.aborted,
      onError: (error) => onError(error, 'the people who are being deleted could not be read'),
    },
  )
  await finish()
  const timer = setInterval(() => void finish(), INTERVAL_MS)
  return {
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer)
      over.abort()
      await finish()
    },
  }
}

/**
 * Finishes the deletions that the end of a process or an error interrupted. One that fails again is reported, and the
 * others still go on.
 */
export async function finishDeletions(
  services: Services,
  onError: (error: unknown, what: string) => void,
): Promise<void> {
  for (const id of await listDeletions(services.database.db)) {
    await deletePerson(services, id, null).catch((error: unknown) => {
      // Another node, or the first request itself, has finished it.
      if (!(error instanceof CommandError) || error.code !== 'NOT_FOUND') {
        onError(error, 'a person could not be deleted yet')
      }
    })
  }
}
