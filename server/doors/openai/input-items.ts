import { findMessage } from '../../../db/queries/messages/messages.ts'
import { z } from 'zod'
import type { File } from '../../../shared/contract/file.ts'
import { filesIn } from '../../../shared/contract/files-in.ts'
import { hex } from '../ids.ts'
import type { DoorRequest } from '../request.ts'
import type { Made } from './create-response.ts'

/** What a response answers: as it was posted, or, of what was asked by another door, the message. */
export async function inputItems({ services, userId }: DoorRequest, { run }: Made) {
  const items = run.input ?? [await questionOf(services.database.db, userId, run.questionId)]
  const data = items.map((item, index) => ({
    ...{ type: 'message', id: `msg_${hex(run.questionId)}_${index}`, status: 'completed' },
    ...(typeof item === 'object' ? item : null),
  }))
  return listOf(data)
}

/** A list that is given whole. */
export function listOf(data: readonly { id: string }[], hasMore = false) {
  return {
    object: 'list',
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: hasMore,
  }
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

export function asItem(text: string) {
  return { type: 'message', role: 'user', content: [{ type: 'input_text', text }] }
}
