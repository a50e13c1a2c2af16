import { findMessage } from '../../../db/queries/messages/messages.ts'
import { z } from 'zod'
import type { File } from '../../../shared/contract/file.ts'
import { filesIn } from '../../../shared/contract/files-in.ts'
import { hex } from '../ids.ts'
import type { DoorRequest } from '../request.ts'
import type { Made } from './create-response.ts'
import { pageOf } from './lists.ts'
import type { Page } from './lists.ts'

/** The input of a response: as it was posted, or the message, when it came through another door. */
export async function inputItems({ services, userId }: DoorRequest, { run }: Made, page: Page) {
  const items = run.input ?? [await questionOf(services.database.db, userId, run.questionId)]
  const data = items.map((item, index) => ({
    ...{ type: 'message', id: `msg_${hex(run.questionId)}_${index}`, status: 'completed' },
    ...(typeof item === 'object' ? withParts(item) : null),
  }))
  return pageOf(data, page)
}

const WithText = z.looseObject({ role: z.string(), content: z.string() })

/** Converts content that was posted as a text into a list of parts. */
function withParts(item: object | null): object | null {
  const said = WithText.safeParse(item).data
  if (!said) return item
  const type = said.role === 'assistant' ? 'output_text' : 'input_text'
  const more = said.role === 'assistant' ? { annotations: [], logprobs: [] } : {}
  return { ...said, content: [{ type, text: said.content, ...more }] }
}

async function questionOf(...args: Parameters<typeof findMessage>) {
  const parts = (await findMessage(...args))?.message.parts ?? []
  const item = asItem(parts.map((part) => (part.type === 'text' ? part.text : '')).join(''))
  return { ...item, content: [...item.content, ...filesIn(parts).map((file) => fileContent(file))] }
}

/** A file that is stored here, as content of an item. */
export function fileContent({ id, kind, name }: File): Record<string, unknown> {
  return kind === 'image'
    ? { type: 'input_image', file_id: id, image_url: null, detail: 'auto' }
    : { type: 'input_file', file_id: id, filename: name }
}

const WithContent = z.looseObject({ content: z.array(z.unknown()) })

/** Posted items, as they are kept: files that are stored are named in place of their bytes. */
export function withStoredFiles(
  items: readonly unknown[],
  byPlace: ReadonlyMap<string, File>,
): unknown[] {
  return items.map((item, index) => {
    const read = WithContent.safeParse(item).data
    if (!read) return item
    const content = read.content.map((part, at) => {
      const file = byPlace.get(`input[${index}].content[${at}]`)
      return file ? fileContent(file) : part
    })
    return { ...read, content }
  })
}

/** The items after the last message: outputs of calls. Messages are read from the log. */
export function withoutMessages(items: readonly unknown[]): unknown[] {
  return items.slice(items.findLastIndex((item) => WithRole.safeParse(item).success) + 1)
}

const WithRole = z.looseObject({ role: z.string() })

export function asItem(text: string) {
  return { type: 'message', role: 'user', content: [{ type: 'input_text', text }] }
}
