import { setTimeout } from 'node:timers/promises'
import { findDeleted, findDeletedEnd } from '../../../db/queries/sessions/deleted.ts'
import { findSession } from '../../../db/queries/sessions/sessions.ts'
import { isBeingImported } from '../../../db/queries/transfer/atomic-import.ts'
import { sessions } from '../../../shared/contract/api/sessions.ts'
import { SessionId } from '../../../shared/contract/ids.ts'
import { CommandError, notFound } from '../../api-error.ts'
import { forkSession as fork } from '../../sessions/fork.ts'
import { free } from '../command.ts'

/** Interval between two checks whether another request has finished the same fork. Milliseconds. */
const WAIT = 50
/** After this many checks the other request has failed; the next start removes what it left. */
const MOST_LOOKS = 200

/** Makes a session of a branch. Repeated under the same id, it returns the same fork. */
export const forkSession = free(
  sessions.fork,
  async ({ database, limits, user, login, address, now, newId }, input) => {
    const { db } = database
    const id = input.id ?? SessionId.parse(newId())
    const isTaken = async () => (await findDeleted(db, 'sessions', [id])).length === 0
    const findMine = async () => {
      for (let look = 0; look < MOST_LOOKS && (await isBeingImported(db, id)); look += 1) {
        await setTimeout(WAIT)
      }
      return findSession(db, user.id, id)
    }
    const known = input.id ? await findMine() : null
    if (known) {
      return { result: known, effects: [] }
    }
    if (input.id && ((await isTaken()) || (await findDeletedEnd(db, id)) !== null)) {
      throw taken()
    }
    const { messageId } = input
    const make = async () => {
      return fork(database, {
        userId: user.id,
        messageId,
        id,
        newId,
        now: now(),
        admit: async (bytes) => limits?.admitSessions({ user, login, address }, 1, bytes),
        keepWithin: async (transaction, bytes) => {
          await limits?.keepWithinSessions(transaction, user)
          await limits?.keepWithinRoom(transaction, user, bytes)
        },
      })
    }
    const session = await make().catch(async (error: unknown) => {
      // Another request made it at the same moment, and may have taken the last place within the limit.
      const made = await findMine()
      if (made) return made
      throw (await isTaken()) ? taken() : error
    })
    if (!session) {
      throw notFound('message that has been answered or is an answer')
    }
    return { result: session, effects: [{ type: 'session-changed', sessionId: id }] }
  },
)

function taken(): CommandError {
  return new CommandError('CONFLICT', 'This session id is taken. Fork with a new id.')
}
