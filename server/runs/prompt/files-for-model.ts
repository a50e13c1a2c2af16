import type { Db } from '../../../db/engine/database.ts'
import { readFiles } from '../../../db/queries/files/files.ts'
import type { ReadFile } from '../../../db/queries/files/files.ts'
import type { File } from '../../../shared/contract/file.ts'
import type { UserId } from '../../../shared/contract/ids.ts'
import type { ModelFile, ModelMessage } from '../../model/port.ts'
import type { RunDeps } from '../deps.ts'
import { clip } from './clip-text.ts'

/** The most of one file's text that is put into a question, in UTF-16 units. */
const MAX_TEXT = 100_000

/** A file of a question. Its bytes are null until `FileLoader` reads them for the model. */
export type FileForModel = ModelFile & { file: File }

/** A question with its files, as a message for the model. */
export type QuestionForModel = Extract<ModelMessage, { role: 'user' }>

/** The longest wait for the texts of a question's files; after it the model gets what is there. Milliseconds. */
const PATIENCE_MS = 30_000

/** Waits until none of these files is being read any more, `PATIENCE_MS` have passed, or `signal` aborts. */
export async function untilRead(
  deps: Pick<RunDeps, 'files'>,
  userId: UserId,
  files: readonly File[],
  signal: AbortSignal,
): Promise<void> {
  const waiting = files.filter(({ status }) => status === 'processing')
  if (waiting.length === 0 || signal.aborted) return
  const ids = waiting.map(({ id }) => id)
  await deps.files.settled(userId, ids, AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]))
}

/** Reads the current state and text of those of these files that still exist and are this person's. */
export async function readingsOf(
  db: Db,
  userId: UserId,
  files: readonly File[],
): Promise<ReadonlyMap<string, ReadFile>> {
  return readFiles(
    db,
    userId,
    files.map(({ id }) => id),
  )
}

export function questionForModel(
  text: string,
  files: readonly File[],
  read: ReadonlyMap<string, ReadFile>,
): QuestionForModel {
  if (files.length === 0) return { role: 'user', text }
  const said = [text]
  const given: FileForModel[] = []
  for (const one of files) {
    const found = read.get(one.id)
    const file = found?.file ?? one
    const words = wordsFor(file, found)
    if (found && isGiven(file)) {
      given.push({ ...asModelFile(file), instead: words })
    } else {
      said.push(words)
    }
  }
  return {
    role: 'user',
    text: said.filter((one) => one !== '').join('\n\n'),
    ...(given.length > 0 && { files: given }),
  }
}

/** The files of a call's result that the model gets, and the descriptions of the others. */
export function filesForModel(files: readonly File[]) {
  const given = files.filter(isGiven)
  return {
    words: (file: File): string | null =>
      given.includes(file) ? null : `${headFor(file)}: shown to the person.${READS}]`,
    files: given.map((file): FileForModel => {
      const instead = `${headFor(file)}: shown to the person; its picture cannot be seen here.]`
      const words =
        file.kind === 'pdf' ? `${headFor(file)}: shown to the person.${READS}]` : instead
      return { ...asModelFile(file), instead: words }
    }),
  }
}

const READS_LATER = ' The tool read_file, where it is offered, reads it in a moment.'
const READS = ' The tool read_file, where it is offered, reads what text is in it.'

/** Models get pictures and PDFs themselves; a PDF also before its text has been read. */
function isGiven({ kind, status }: File): boolean {
  return kind === 'pdf' ? status !== 'failed' : kind === 'image' && status === 'ready'
}

function asModelFile(file: File): Omit<FileForModel, 'instead'> {
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

function wordsFor(file: File, found: ReadFile | undefined): string {
  const { name, kind, status, error } = file
  const head = headFor(file)
  if (!found) return `${head}: it is not stored any more.]`
  if (status === 'processing') {
    return `${head}: its text is still being read, and not here yet.${READS_LATER}]`
  }
  if (error) return `${head}: it could not be read. ${error}]`
  if (kind === 'image') return `${head}: the picture itself cannot be seen here.]`
  const { text } = found
  if (text === null) return `${head}: its content cannot be read here.]`
  if (text.trim() === '') return `${head}: there is no text in it.]`
  const part = clip(text, MAX_TEXT)
  const note =
    part === text
      ? ''
      : ` Of its ${text.length} characters the middle is left out here; the tool read_file, where it is offered, reads it.`
  return `${head}.${note} Its text:]\n${part}\n[End of ${JSON.stringify(name)}]`
}
