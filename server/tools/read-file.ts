import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { FileId } from '../../shared/contract/ids.ts'
import type { UserId } from '../../shared/contract/ids.ts'
import { defineTool } from './define.ts'
import type { Tool } from './tool.ts'

/** `text` is null when the file has no text that can be read. `isRead` is false while it is still being read. */
export type ReadableFile = { name: string; text: string | null; isRead: boolean }

/** The most that one call returns, in UTF-16 units. */
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
  /** The length of the whole text. */
  length: z.number(),
})

/** Reads the next part of a file whose text was too long for the message. Only the caller's own files. */
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
    execute: async ({ file, from, to }, { caller, signal }) => {
      const found = await untilRead(() => load(caller.id, file), signal)
      if (!found) throw new Error('There is no such file, or it was deleted.')
      const { name, text } = found
      if (!found.isRead) {
        throw new Error(
          `The file ${JSON.stringify(name)} is still being read. Read it again later.`,
        )
      }
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

/** The longest wait for a file that is still being read. Milliseconds. */
const PATIENCE_MS = 15_000
const LOOK_AGAIN_MS = 500

async function untilRead(
  load: () => Promise<ReadableFile | null>,
  signal: AbortSignal,
): Promise<ReadableFile | null> {
  for (let waited = 0; ; waited += LOOK_AGAIN_MS) {
    const found = await load()
    if (!found || found.isRead || waited >= PATIENCE_MS) return found
    await delay(LOOK_AGAIN_MS, undefined, { signal })
  }
}
