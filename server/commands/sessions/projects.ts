import {
  MAX_PROJECTS,
  deleteProject,
  listProjects,
  saveProject,
} from '../../../db/queries/belongings/projects.ts'
import { lockFiles } from '../../../db/queries/files/files.ts'
import { lockLimitsOf } from '../../../db/queries/limits/run-slots.ts'
import { sessionsOfProject } from '../../../db/queries/sessions/sessions.ts'
import { projects } from '../../../shared/contract/api/belongings.ts'
import { CommandError, notFound } from '../../api-error.ts'
import { free } from '../command.ts'

export const keepProject = free(
  projects.save,
  async ({ database: { db }, limits, user, now }, { id, name, instructions, files, archived }) => {
    await limits?.admitFile(user, instructions?.length ?? 0)
    const kept = await db.transaction().execute(async (transaction) => {
      await lockLimitsOf(transaction, user.id)
      const before = await listProjects(transaction, user.id)
      if (before.length >= MAX_PROJECTS && !before.some((project) => project.id === id)) {
        throw new CommandError(
          'CONFLICT',
          `There are ${MAX_PROJECTS} projects already. Delete one.`,
        )
      }
      if ((await lockFiles(transaction, user.id, files)).length < files.length) {
        throw notFound('file')
      }
      const saved = {
        ...{ id, name, files, archived, now: now() },
        instructions: instructions ?? null,
      }
      if (!(await saveProject(transaction, user.id, saved))) {
        throw new CommandError('CONFLICT', 'This project id is taken. Save with a new id.')
      }
      return (await listProjects(transaction, user.id)).find((project) => project.id === id)
    })
    if (!kept) {
      throw notFound('project')
    }
    return { result: kept, effects: [] }
  },
)

export const dropProject = free(projects.delete, async ({ database: { db }, user }, { id }) => {
  // The sessions are read first: when the project is deleted, they lose its id.
  const inIt = await sessionsOfProject(db, user.id, id)
  if (!(await deleteProject(db, user.id, id))) {
    throw notFound('project')
  }
  return {
    result: { id },
    effects: inIt.map((sessionId) => ({ type: 'session-changed', sessionId })),
  }
})
