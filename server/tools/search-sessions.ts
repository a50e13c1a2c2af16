import { z } from 'zod'
import { MessageId, SessionId } from '../../shared/contract/ids.ts'
import type { UserId } from '../../shared/contract/ids.ts'
import { defineTool } from './define.ts'
import type { Tool } from './tool.ts'

/** A search hit; it may have more fields than the model is shown. */
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
      /** Null when the title or the summary matches. */
      message_id: MessageId.nullable(),
      title: z.string().nullable(),
      snippet: z.string(),
    }),
  ),
})

/**
 * Searches the caller's own conversations only.
 * @param search returns the best hits first
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
