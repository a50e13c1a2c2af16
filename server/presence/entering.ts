import type { Db } from '../../db/engine/database.ts'
import { isRefusal } from '../../db/engine/database-errors.ts'
import {
  depart,
  departFromUnlocked,
  enterSessions,
  ownSessions,
} from '../../db/queries/presence.ts'
import type { OwnSession } from '../../db/queries/sessions/sessions.ts'
import type { SessionId } from '../../shared/contract/ids.ts'
import { Gathering } from '../concurrency/gathering.ts'
import { Semaphore } from '../concurrency/semaphore.ts'

/** The most sessions that are left while somebody holds them locked: each waits with a connection. */
const ALONE_AT_ONCE = 4

/** The most readers that enter by one statement. */
const MOST = 64

/** Readers that come or leave at the same time, as all do when a network fails and returns, share statements. */
export function createEntering(db: Db, nodeId: string) {
  const options = { most: MOST, failsAlone: isRefusal }
  const owned = new Gathering(
    (sessions: readonly OwnSession[]) => ownSessions(db, sessions),
    options,
  )
  const entered = new Gathering(
    (readers: readonly OwnSession[]) =>
      enterSessions(
        db,
        readers.map((reader) => ({ ...reader, nodeId })),
      ),
    options,
  )
  const left = new Gathering(
    (sessionIds: readonly SessionId[]) =>
      db
        .transaction()
        .execute((transaction) => departFromUnlocked(transaction, sessionIds, nodeId)),
    options,
  )
  const alone = new Semaphore(ALONE_AT_ONCE)
  return {
    /** Unregisters the node as a reader. */
    leave: async (sessionId: SessionId): Promise<void> => {
      if (!(await left.do(sessionId))) {
        await alone.take(() =>
          db.transaction().execute((transaction) => depart(transaction, sessionId, nodeId)),
        )
      }
    },
    /** True when the session is this person's. */
    owns: (session: OwnSession) => owned.do(session),
    /** Registers the node as a reader; false when it was not, because the session is closed, in use or not theirs. */
    enter: (reader: OwnSession) => entered.do(reader),
  }
}
