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
    if (texts.has(file.id) && isGiven(file)) {
      told.push({ ...toldAs(file), instead: words })
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

/** What a model is given of the files that a call brought, and what it is told of the others. */
export function toldFilesOf(files: readonly File[]) {
  const given = files.filter(isGiven)
  return {
    words: (file: File): string | null =>
      given.includes(file) ? null : `${headFor(file)}: shown to the person.${READS}]`,
    files: given.map((file): ToldFile => {
      const instead = `${headFor(file)}: shown to the person; its picture cannot be seen here.]`
      const words =
        file.kind === 'pdf' ? `${headFor(file)}: shown to the person.${READS}]` : instead
      return { ...toldAs(file), instead: words }
    }),
  }
}

const READS = ' The tool read_file, where it is offered, reads what text is in it.'

/** Pictures and PDFs are given to models that take them. */
function isGiven({ kind, status }: File): boolean {
  return status === 'ready' && (kind === 'image' || kind === 'pdf')
}

function toldAs(file: File): Omit<ToldFile, 'instead'> {
  const { kind, name, mimeType } = file
  return { kind: kind === 'image' ? 'image' : 'pdf', name, mimeType, data: null, file }
}

function headFor({ id, name, mimeType, bytes, width, height, pages }: File): string {
  const about = [
    mimeType,
    `${bytes} bytes`,
    ...(width && height ? [`${width} × ${height} pixels`] : []),
    ...(pages ? [`${pages} pages`] : []),
  ].join(', ')
  return `[File ${JSON.stringify(name)} (${about}), id ${id}`
}

function wordsFor(file: File, texts: ReadonlyMap<string, string | null>): string {
  const { id, name, kind, error } = file
  const head = headFor(file)
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
