import { findProject } from '../../../db/queries/belongings/projects.ts'
import type { Db } from '../../../db/engine/database.ts'
import { readFileTexts } from '../../../db/queries/files/files.ts'
import type { ProjectId, UserId } from '../../../shared/contract/ids.ts'

/** The most of a project's files that is put into each request, in UTF-16 units; what is longer is read by a tool. */
const MAX_TEXT = 40_000

/** What the model is told of a session's project, behind the instructions; empty where there is nothing to tell. */
export async function toldOfProject(db: Db, userId: UserId, id: ProjectId): Promise<string> {
  const project = await findProject(db, userId, id)
  if (!project || (project.instructions === null && project.files.length === 0)) {
    return ''
  }
  const { name, instructions, files } = project
  const texts = await readFileTexts(
    db,
    userId,
    files.map((file) => file.id),
  )
  let left = MAX_TEXT
  const told = files.map((file) => {
    const head = `[File ${JSON.stringify(file.name)} of the project, id ${file.id}`
    const text = texts.get(file.id) ?? null
    if (text === null) {
      return `${head}: its content cannot be read here.]`
    }
    if (text.length > left) {
      return `${head}, ${text.length} characters: the tool read_file, where it is offered, reads it.]`
    }
    left -= text.length
    return `${head}. Its text:]\n${text}\n[End of ${JSON.stringify(file.name)}]`
  })
  return [
    '',
    `This conversation belongs to the project ${JSON.stringify(name)}.`,
    ...(instructions === null ? [] : [instructions]),
    ...told,
  ].join('\n\n')
}
