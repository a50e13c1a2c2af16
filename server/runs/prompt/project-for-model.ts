import { findProject } from '../../../db/queries/belongings/projects.ts'
import type { Db } from '../../../db/engine/database.ts'
import { readFiles } from '../../../db/queries/files/files.ts'
import type { ProjectId, UserId } from '../../../shared/contract/ids.ts'

/**
 * The most text of a project's files that is put into each request, in UTF-16 units; the tool `read_file` reads the
 * rest.
 */
const MAX_TEXT = 40_000

/** The text about a session's project, to be put behind the system prompt; empty when there is none. */
export async function projectForModel(db: Db, userId: UserId, id: ProjectId): Promise<string> {
  const project = await findProject(db, userId, id)
  if (!project || (project.instructions === null && project.files.length === 0)) {
    return ''
  }
  const { name, instructions, files } = project
  const read = await readFiles(
    db,
    userId,
    files.map((file) => file.id),
  )
  let left = MAX_TEXT
  const described = files.map((file) => {
    const head = `[File ${JSON.stringify(file.name)} of the project, id ${file.id}`
    const { text, file: now } = read.get(file.id) ?? { text: null, file }
    if (now.status === 'processing') {
      return `${head}: it is still being read; the tool read_file, where it is offered, reads it in a moment.]`
    }
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
    ...described,
  ].join('\n\n')
}
