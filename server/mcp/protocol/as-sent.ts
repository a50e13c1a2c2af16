import { z } from 'zod'

const SENT = 'asSent'

const list = { ttlMs: 0, cacheScope: 'private' }

/** Results that are read here piece by piece, as they are when there is nothing in them. */
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
 * The client library takes a result of the revision 2026-07-28 as a whole or not at all, so that one tool with an invalid
 * definition would cost the whole list. It is shown an empty result, beside which stands what the server sent.
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
