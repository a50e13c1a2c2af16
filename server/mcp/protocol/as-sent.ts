import { z } from 'zod'

const SENT = 'asSent'

const list = { ttlMs: 0, cacheScope: 'private' }

/** The results that are read here field by field, in their empty form. */
const EMPTY = new Map<string, Record<string, unknown>>([
  ['tools/call', { content: [] }],
  ['tools/list', { ...list, tools: [] }],
  ['prompts/list', { ...list, prompts: [] }],
  ['prompts/get', { messages: [] }],
  ['resources/list', { ...list, resources: [] }],
  ['resources/templates/list', { ...list, resourceTemplates: [] }],
  ['resources/read', { ...list, contents: [] }],
])

/**
 * The client library validates a result of the revision 2026-07-28 as a whole, so one tool with an invalid definition
 * would cost the whole list. It gets an empty result, with the server's own result in a field beside it.
 */
export function besideEmpty(
  method: string,
  result: Record<string, unknown>,
): Record<string, unknown> {
  const empty = EMPTY.get(method)
  const { resultType = 'complete' } = result
  return empty && resultType === 'complete' ? { resultType, ...empty, [SENT]: result } : result
}

/** A result as the server sent it, of any revision. */
export const AsSent = z
  .looseObject({})
  .transform((result): unknown => (Object.hasOwn(result, SENT) ? result[SENT] : result))
