import { z } from 'zod'
import { DoorError } from './errors.ts'

/** The query parameters of OpenAI's lists. */
export const Page = z.looseObject({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  order: z.enum(['asc', 'desc']).default('desc'),
  /** The item that the page follows. */
  after: z.string().max(200).optional(),
})
export type Page = z.infer<typeof Page>

/** A page of a list. */
export function listOf(data: readonly { id: string }[], hasMore: boolean) {
  return {
    object: 'list',
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: hasMore,
  }
}

/** A page of a list that is there as a whole, oldest first. */
export function pageOf(items: readonly { id: string }[], { limit, order, after }: Page) {
  const ordered = order === 'asc' ? items : items.toReversed()
  const at = after === undefined ? -1 : ordered.findLastIndex(({ id }) => id === after)
  if (after !== undefined && at < 0) throw noItem(after)
  const left = ordered.slice(at + 1)
  return listOf(left.slice(0, limit), left.length > limit)
}

export function noItem(id: string): DoorError {
  return new DoorError(`Item with id '${id}' not found.`, { status: 404, param: 'after' })
}
