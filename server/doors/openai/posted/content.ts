import { z } from 'zod'
import { fileAt, fileOfData, storedFile } from '../../files/given-file.ts'
import type { GivenFile } from '../../files/given-file.ts'
import { FileRefusal } from '../../files/refusal.ts'

const FileFields = z.looseObject({
  file_id: z.string().nullish(),
  file_data: z.string().nullish(),
  file_url: z.string().nullish(),
  filename: z.string().nullish(),
})
/** A part of a message, in the form of Responses or of Chat Completions. */
const ContentPart = FileFields.extend({
  type: z.string(),
  text: z.string().optional(),
  refusal: z.string().optional(),
  image_url: z.union([z.string(), z.looseObject({ url: z.string() })]).nullish(),
  file: FileFields.optional(),
})
type ContentPart = z.infer<typeof ContentPart>

export const Content = z.union([z.string(), z.array(ContentPart)])
export type Content = z.infer<typeof Content>

export type ReadContent = { text: string; files: GivenFile[] }

/** @param place of the content in the request, for errors */
export function readContent(content: Content, place: string): ReadContent {
  if (typeof content === 'string') return { text: content, files: [] }
  const read: ReadContent = { text: '', files: [] }
  content.forEach((part, index) => {
    const text = wordsOf(part)
    if (text === null) read.files.push(fileOf(part, `${place}.content[${index}]`))
    else read.text += text
  })
  return read
}

/** The text of a content in which files are not allowed. */
export function textOf(content: Content, place: string): string {
  const { text, files } = readContent(content, place)
  if (files[0]) throw unsupported('a file', files[0].place)
  return text
}

function wordsOf({ type, text, refusal }: ContentPart): string | null {
  return /^(input_text|output_text|text|refusal)$/.test(type) ? (text ?? refusal ?? '') : null
}

function fileOf(part: ContentPart, place: string): GivenFile {
  const { type, image_url: image } = part
  switch (type) {
    case 'input_image':
    case 'image_url': {
      if (typeof part.file_id === 'string') return storedFile(part.file_id, place)
      const url = typeof image === 'string' ? image : image?.url
      if (url === undefined) break
      return fileAt(url, { place, name: null })
    }
    case 'input_file':
    case 'file': {
      const { file_id: id, file_data: data, file_url: url, filename } = part.file ?? part
      const known = { place, name: filename ?? null }
      if (typeof id === 'string') return storedFile(id, place)
      if (typeof data === 'string') return fileOfData(data, known)
      if (typeof url === 'string') return fileAt(url, known)
      break
    }
    default:
      throw unsupported(`the type "${type.slice(0, 100)}"`, place)
  }
  throw new FileRefusal('invalid_file', 'The file itself is missing.', place)
}

function unsupported(what: string, place: string): FileRefusal {
  const message = `Content of ${what} is not supported here. Send text, a picture or a file.`
  return new FileRefusal('unsupported_content', message, place)
}
