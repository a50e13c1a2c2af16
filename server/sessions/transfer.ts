import { findSession } from '../../db/sessions.ts'
import { importWhole } from '../../db/whole-import.ts'
import { sessions as declared } from '../../shared/contract/api/sessions.ts'
import type { Session } from '../../shared/contract/session.ts'
import { mutation, notFound, query } from '../trpc.ts'
import { exportSession } from './export.ts'
import { insertSessions, readImport } from './import.ts'

export const exportProcedure = query(
  declared.export,
  async ({ services, user, takePieces }, input) => {
    const file = await exportSession(services.database, {
      ...input,
      userId: user.id,
      now: services.now(),
    })
    if (!file) {
      throw notFound('session')
    }
    const { name, mimeType, pieces } = file
    if (takePieces) {
      takePieces(pieces)
      return { name, mimeType, content: '' }
    }
    return { name, mimeType, content: (await Array.fromAsync(pieces)).join('') }
  },
)

export const importProcedure = mutation(declared.import, async ({ services, user }, input) => {
  const { db } = services.database
  const now = services.now()
  const files = await readImport(input.data, now)
  const { newId, database } = services
  const ids = await importWhole(database, user.id, newId, (writing, owner) =>
    insertSessions(writing, files, { userId: user.id, owner, newId, now }),
  )
  const sessions: Session[] = []
  for (const id of ids) {
    services.onSessionChanged(id)
    const session = await findSession(db, user.id, id)
    if (session) {
      sessions.push(session)
    }
  }
  return { sessions }
})
