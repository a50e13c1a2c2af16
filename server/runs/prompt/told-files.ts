import type { Db } from '../../../db/engine/database.ts'
import { readFileTexts } from '../../../db/queries/files/files.ts'
import type { File } from '../../../shared/contract/file.ts'
import type { UserId } from '../../../shared/contract/ids.ts'
import type { ModelFile, ModelMessage } from '../../model/port.ts'
import { clip } from './clip-text.ts'

/** The most of one file's text that is put into a question, in UTF-16 units. */
const MAX_TEXT = 100_000

/** A question's file until its bytes are read for the model (see `FileLoader`). */
export type ToldFile = ModelFile & { file: File }

/** What the model is told of a question with files. */
export type ToldQuestion = Extract<ModelMessage, { role: 'user' }>

/** The texts of these files that are this person's, and are still there. */
export async function textsOf(
  db: Db,
  userId: UserId,
  files: readonly File[],
): Promise<ReadonlyMap<string, string | null>> {
  return readFileTexts(
    db,
    userId,
    files.map(({ id }) => id),
  )
}

export function toldQuestion(
  text: string,
  files: readonly File[],
  texts: ReadonlyMap<string, string | null>,
): ToldQuestion {
  if (files.length === 0) return { role: 'user', text }
  const said = [text]
  const told: ToldFile[] = []
  for (const file of files) {
    const words = wordsFor(file, texts)
    const shown = texts.has(file.id) && file.status === 'ready'
    if (shown && (file.kind === 'image' || file.kind === 'pdf')) {
      const { kind, name, mimeType } = file
      told.push({ kind, name, mimeType, data: null, instead: words, file })
    } else {
      said.push(words)
    }
  }
  return {
    role: 'user',
    text: said.filter((one) => one !== '').join('\n\n'),
    ...(told.length > 0 && { files: told }),
  }
}

function wordsFor(file: File, texts: ReadonlyMap<string, string | null>): string {
  const { id, name, mimeType, bytes, kind, width, height, pages, error } = file
  const about = [
    mimeType,
    `${bytes} bytes`,
    ...(width && height ? [`${width} × ${height} pixels`] : []),
    ...(pages ? [`${pages} pages`] : []),
  ].join(', ')
  const head = `[File ${JSON.stringify(name)} (${about}), id ${id}`
  if (!texts.has(id)) return `${head}: it is not stored any more.]`
  if (error) return `${head}: it could not be read. ${error}]`
  if (kind === 'image') return `${head}: the picture itself cannot be seen here.]`
  const text = texts.get(id)
  if (text === null || text === undefined) return `${head}: its content cannot be read here.]`
  if (text.trim() === '') return `${head}: there is no text in it.]`
  const part = clip(text, MAX_TEXT)
  const note =
    part === text
      ? ''
      : ` Of its ${text.length} characters the middle is left out here; the tool read_file, where it is offered, reads it.`
  return `${head}.${note} Its text:]\n${part}\n[End of ${JSON.stringify(name)}]`
}
