import { findSession } from '../../db/sessions.ts'
import { importWhole } from '../../db/whole-import.ts'
import { sessions } from '../../shared/contract/api/sessions.ts'
import type { Session } from '../../shared/contract/session.ts'
import { insertSessions, readImport } from '../sessions/import.ts'
import { free } from './command.ts'

export const importSessions = free(
  sessions.import,
  async ({ database, user, now: clock, newId }, { data }) => {
    const now = clock()
    const files = await readImport(data, now)
    const ids = await importWhole(database, user.id, newId, (writing, owner) =>
      insertSessions(writing, files, { userId: user.id, owner, newId, now }),
    )
    const imported: Session[] = []
    for (const id of ids) {
      const session = await findSession(database.db, user.id, id)
      if (session) {
        imported.push(session)
      }
    }
    return {
      result: { sessions: imported },
      effects: ids.map((sessionId) => ({ type: 'session-changed', sessionId })),
    }
  },
)
