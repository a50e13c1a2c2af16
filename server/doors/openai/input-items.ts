import { findMessage } from '../../../db/queries/messages/messages.ts'
import { hex } from '../ids.ts'
import type { DoorRequest } from '../request.ts'
import { asItem } from './create-response.ts'
import type { Made } from './create-response.ts'

/** What a response answers: as it was posted, or, of what was asked by another door, the message. */
export async function inputItems({ services, userId }: DoorRequest, { run }: Made) {
  const items = run.input ?? [
    asItem(await questionOf(services.database.db, userId, run.questionId)),
  ]
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

async function questionOf(...args: Parameters<typeof findMessage>): Promise<string> {
  const parts = (await findMessage(...args))?.message.parts ?? []
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
}
