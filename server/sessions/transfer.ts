import { z } from 'zod'
import { findSession } from '../../db/sessions.ts'
import { importWhole } from '../../db/whole-import.ts'
import { SessionId } from '../../shared/contract/ids.ts'
import { Session } from '../../shared/contract/session.ts'
import { notFound, procedure } from '../trpc.ts'
import { exportSession } from './export.ts'
import { insertSessions, readImport } from './import.ts'

/** A session as a file to keep. */
export const exportProcedure = procedure
  .input(z.object({ id: SessionId, format: z.enum(['json', 'markdown']).default('json') }))
  .output(z.object({ name: z.string(), mimeType: z.string(), content: z.string() }))
  .query(async ({ ctx: { services, user, takePieces }, input }) => {
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
  })

/** Adds the sessions of a file, ours or ChatGPT's, to what is there: all of them or none. */
export const importProcedure = procedure
  .input(z.object({ data: z.unknown() }))
  .output(z.object({ sessions: z.array(Session) }))
  .mutation(async ({ ctx: { services, user }, input }) => {
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
