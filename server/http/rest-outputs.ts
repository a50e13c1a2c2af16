import { z } from 'zod'
import { RunError } from '../../shared/contract/errors.ts'
import { Message, Usage } from '../../shared/contract/message.ts'
import { Session } from '../../shared/contract/session.ts'
import { ToolCall } from '../../shared/contract/tool.ts'
import { User } from '../../shared/contract/user.ts'
import { ToolInfo } from '../tools/port.ts'

// By their names they stand once in the description, and everything else points at them.
const named = { Message, RunError, Session, ToolCall, ToolInfo, Usage, User }
for (const [id, schema] of Object.entries(named)) {
  z.globalRegistry.add(schema, { id })
}

/**
 * What procedures answer whose own output is a type and no schema, because the calls in it are typed by their tools. For
 * the description only, it checks nothing; a story calls every route and holds its answer against the description.
 */
export const REST_OUTPUTS = {
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
  'tools.list': z.array(ToolInfo),
  'tools.decide': ToolCall,
  'tools.resolve': ToolCall,
  'models.list': z.array(
    z.object({ id: z.string(), default: z.boolean(), contextWindow: z.number().int().optional() }),
  ),
} as const satisfies Record<string, z.ZodType>
