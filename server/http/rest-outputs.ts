import { z } from 'zod'
import { RunError } from '../../shared/contract/errors.ts'
import { Message, Usage } from '../../shared/contract/message.ts'
import { Session } from '../../shared/contract/session.ts'
import { ToolCall, ToolEffect } from '../../shared/contract/tool.ts'
import { User } from '../../shared/contract/user.ts'

// By their names they stand once in the description, and everything else points at them.
for (const [id, schema] of Object.entries({ Message, RunError, Session, ToolCall, Usage, User })) {
  z.globalRegistry.add(schema, { id })
}

/** What procedures answer whose own output is a type and no schema; for the description only, it checks nothing. */
export const REST_OUTPUTS: Record<string, z.ZodType> = {
  'sessions.read': Session.extend({ messages: z.array(Message), hasOlder: z.boolean() }),
  'sessions.log': z.object({
    events: z.array(
      z.object({
        seq: z.number().int(),
        at: z.iso.datetime(),
        event: z.looseObject({ type: z.string() }),
      }),
    ),
    nextAfter: z.number().int().nullable(),
  }),
  'messages.list': z.object({ messages: z.array(Message), hasOlder: z.boolean() }),
  'tools.list': z.array(
    z.object({
      name: z.string(),
      description: z.string(),
      source: z.string(),
      effect: ToolEffect,
      approval: z.enum(['never', 'writes', 'always']),
      inputSchema: z.unknown(),
      outputSchema: z.unknown().optional(),
    }),
  ),
  'models.list': z.array(
    z.object({ id: z.string(), default: z.boolean(), contextWindow: z.number().int().optional() }),
  ),
}
