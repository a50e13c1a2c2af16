import type { Db } from '../../db/engine/database.ts'
import { isRefusal } from '../../db/engine/database-errors.ts'
import { enterSessions, ownSessions } from '../../db/queries/presence.ts'
import type { Reader } from '../../db/queries/presence.ts'
import { Gathering } from '../concurrency/gathering.ts'

/** The most readers that enter by one statement. */
const MOST = 64

/** What readers need who come at the same time, as all do when a node or a network returns: they share statements. */
export function createEntering(db: Db) {
  const options = { most: MOST, failsAlone: isRefusal }
  const owned = new Gathering(
    (sessions: readonly Pick<Reader, 'userId' | 'sessionId'>[]) => ownSessions(db, sessions),
    options,
  )
  const entered = new Gathering((readers: readonly Reader[]) => enterSessions(db, readers), options)
  return {
    /** True when the session is this person's. */
    owns: (session: Pick<Reader, 'userId' | 'sessionId'>) => owned.do(session),
    /** Registers the node as a reader; false when it was not, because the session is closed, in use or not theirs. */
    enter: (reader: Reader) => entered.do(reader),
  }
}
