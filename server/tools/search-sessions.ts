import { z } from 'zod'
import { MessageId, SessionId, type UserId } from '../../shared/contract/ids.ts'
import { defineTool } from './define.ts'
import type { Tool } from './port.ts'

/** A place that was found, of which more may be known than a model is told. */
export type FoundPlace = {
  sessionId: SessionId
  messageId: MessageId | null
  title: string | null
  snippet: string
}

const Input = z.object({
  query: z.string().trim().min(1).max(200).describe('The words to look for'),
  limit: z.int().min(1).max(20).default(8).describe('How many places to name at the most'),
})

const Output = z.object({
  results: z.array(
    z.object({
      session_id: SessionId,
      /** Null where the title or the summary matches. */
      message_id: MessageId.nullable(),
      title: z.string().nullable(),
      snippet: z.string(),
    }),
  ),
})

/**
 * Looks through the caller's own conversations, and nobody else's.
 *
 * @param search answers best first
 */
export function searchSessions(
  search: (userId: UserId, query: string, limit: number) => Promise<FoundPlace[]>,
): Tool<'search_sessions', z.infer<typeof Input>, z.infer<typeof Output>> {
  return defineTool({
    name: 'search_sessions',
    description:
      "Searches the person's earlier conversations with you for words, in titles and in what was said. Use it when they refer to something from before.",
    input: Input,
    output: Output,
    effect: 'read',
    approval: 'never',
    execute: async ({ query, limit }, { caller }) => {
      const found = await search(caller.id, query, limit)
      return {
        results: found.map(({ sessionId, messageId, title, snippet }) => ({
          session_id: sessionId,
          message_id: messageId,
          title,
          snippet,
        })),
      }
    },
  })
}
