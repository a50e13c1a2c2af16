import { z } from 'zod'
import { FileId } from '../../shared/contract/ids.ts'
import type { UserId } from '../../shared/contract/ids.ts'
import { defineTool } from './define.ts'
import type { Tool } from './tool.ts'

/** The text of a file; null text where nothing can be read in it. */
export type ReadableFile = { name: string; text: string | null }

/** The most of one reading, in UTF-16 units. */
const MOST = 50_000

const Input = z.object({
  file: FileId.describe('The id of the file, as the message with it says'),
  from: z.int().min(0).default(0).describe('The first character, counted from 0'),
  to: z.int().min(1).optional().describe(`Up to this character; ${MOST} later at the most`),
})

const Output = z.object({
  name: z.string(),
  text: z.string(),
  from: z.number(),
  to: z.number(),
  /** Characters of the whole text. */
  length: z.number(),
})

/** Reads on in a file whose text was too long for the message. The caller's own files only. */
export function readFile(
  load: (userId: UserId, file: FileId) => Promise<ReadableFile | null>,
): Tool<'read_file', z.infer<typeof Input>, z.infer<typeof Output>> {
  return defineTool({
    name: 'read_file',
    description:
      'Reads part of the text of a file that the person attached. Use it when the message says that part of a file is left out.',
    input: Input,
    output: Output,
    effect: 'read',
    approval: 'never',
    execute: async ({ file, from, to }, { caller }) => {
      const found = await load(caller.id, file)
      if (!found) throw new Error('There is no such file, or it was deleted.')
      const { name, text } = found
      if (text === null) throw new Error(`Nothing can be read in the file ${JSON.stringify(name)}.`)
      if (from >= text.length && text.length > 0) {
        throw new Error(`The file has ${text.length} characters: begin before that.`)
      }
      const end = Math.min(text.length, from + MOST, Math.max(from, to ?? text.length))
      const part = text.slice(from, end).toWellFormed()
      return { name, text: part, from, to: end, length: text.length }
    },
    maxOutputLength: 4 * MOST,
  })
}
