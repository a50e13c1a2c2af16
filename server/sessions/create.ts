import type { Db } from '../../db/database.ts'
import { findDeletedEnd } from '../../db/deleted.ts'
import { insertEvents } from '../../db/events.ts'
import { type NewSession, findSession, insertSession } from '../../db/sessions.ts'
import type { BranchEvent } from '../log/port.ts'
import { notFound } from '../trpc.ts'

/**
 * Makes the session and returns true; false when the id is taken, by whomever. Under the id of a deleted session the
 * new log begins behind every cursor of the old one, and with a change of branch: whoever comes with such a cursor gets
 * a snapshot in its place, and nothing of the old conversation stays.
 *
 * @throws NOT_FOUND when the id's session was deleted, and such ids are to be refused
 */
export async function createSession(
  transaction: Db,
  wanted: NewSession,
  unlessDeleted: boolean,
): Promise<boolean> {
  if (!(await insertSession(transaction, wanted))) {
    return false
  }
  const { id: sessionId, userId } = wanted
  // Read after the insert, which waits for whoever is deleting the session.
  const end = await findDeletedEnd(transaction, sessionId)
  if (end === null) {
    return true
  }
  const session = await findSession(transaction, userId, sessionId)
  if (unlessDeleted || !session) {
    throw notFound('session')
  }
  const event: BranchEvent = { type: 'branch', session: { ...session, seq: end }, leaf: null }
  await insertEvents(transaction, [
    { sessionId, seq: end, runId: null, type: event.type, data: JSON.stringify(event) },
  ])
  return true
}
