import { McpServer } from '@modelcontextprotocol/server'
import { z } from 'zod'
import { messages, runs, saysSomething } from '../../../shared/contract/api/messages.ts'
import { sessions } from '../../../shared/contract/api/sessions.ts'
import { tools } from '../../../shared/contract/api/tools.ts'
import { CallId, MessageId, RunId, SessionId } from '../../../shared/contract/ids.ts'
import { QuestionContent } from '../../../shared/contract/question.ts'
import { toHttpError } from '../../http/http-errors.ts'
import { derivedId } from '../derived-id.ts'
import { isRefusal } from '../is-refusal.ts'
import type { DoorOptions, DoorRequest } from '../request.ts'
import { decidedBefore } from './decided-before.ts'
import { readSession, waitForSession } from './read-session.ts'

/** The time for which a tool waits. Clients cancel a request after a minute by default. Seconds. */
const WAIT = { usual: 45, most: 600 }

type Tool = { inputSchema: z.ZodObject; carryOut: (input: unknown) => Promise<unknown> }

function tool<Shape extends z.ZodObject>(
  inputSchema: Shape,
  carryOut: (input: z.output<Shape>) => Promise<unknown>,
): Tool {
  return { inputSchema, carryOut: (input) => carryOut(inputSchema.parse(input)) }
}

/** Refused before a session is made for it. */
const Text = messages.send.input.shape.text
  .min(1)
  .refine((text) => saysSomething({ text }), 'A message needs some text.')
  .describe('What to say')

/** The tools by which another agent gives work to a session here. Each can be repeated safely under the same ids. */
export function sessionTools(
  door: DoorRequest,
  { report }: Pick<DoorOptions, 'report'>,
  version: string,
): McpServer {
  const { call, userId } = door
  const server = new McpServer({ name: 'throughline', version })

  const add = (
    name: string,
    description: string,
    { inputSchema, carryOut }: Tool,
    readOnlyHint = false,
  ) => {
    const annotations = { readOnlyHint, idempotentHint: true, openWorldHint: !readOnlyHint }
    server.registerTool(name, { description, inputSchema, annotations }, async (input) => {
      try {
        const text = JSON.stringify(await carryOut(input))
        return { content: [{ type: 'text' as const, text }] }
      } catch (error) {
        const { status, body } = toHttpError(error)
        if (status >= 500) report(error)
        const text = `${body.code}: ${body.message}`
        return { isError: true, content: [{ type: 'text' as const, text }] }
      }
    })
  }

  add(
    'session_start',
    'Starts a session with a first message, and its answer. With the same id and text again it is the same start.',
    tool(
      z.object({ id: SessionId.optional().describe('A UUID for the new session'), text: Text }),
      async ({ id, text }) => {
        const session = await call(sessions.create, { ...(id && { id }), unlessDeleted: true })
        const first = derivedId(userId, 'first message by mcp', session.id)
        try {
          return await send(session.id, text, MessageId.parse(first))
        } catch (error) {
          // Nobody knows the id of this session, so that each further try would leave another one.
          if (!id && isRefusal(error)) {
            await call(sessions.delete, { id: session.id }).catch(() => undefined)
          }
          throw error
        }
      },
    ),
  )
  add(
    'session_send',
    'Says something in a session; it is answered after what is being answered. With the same id and text again it is the same message.',
    tool(
      z.object({ session_id: SessionId, id: MessageId.optional(), text: Text }),
      ({ session_id: sessionId, id, text }) => send(sessionId, text, id),
    ),
  )
  add(
    'session_read',
    'Reads the newest messages of a session. With `after`, the seq of an earlier reading, there are none unless something changed.',
    tool(
      z.object({ session_id: SessionId, after: z.number().int().optional() }),
      ({ session_id: id, after }) => readSession(door, id, after),
    ),
    true,
  )
  add(
    'session_wait',
    'Waits until nothing is being answered any more, or a person has to decide about a call, and reads the session.',
    tool(
      z.object({
        session_id: SessionId,
        timeout_seconds: z.number().min(0).max(WAIT.most).default(WAIT.usual),
      }),
      ({ session_id: id, timeout_seconds: seconds }) => waitForSession(door, id, seconds * 1000),
    ),
    true,
  )
  add(
    'session_answer',
    'Approves or denies a call that waits for a decision. The same decision again is the same one.',
    tool(
      z.object({
        call_id: CallId,
        decision: z.enum(['approve', 'deny']),
        reason: z.string().max(2_000).optional(),
      }),
      async ({ call_id: callId, decision, reason }) => {
        const { status } = await call(tools.decide, {
          ...{ callId, decision },
          ...(reason && { reason }),
        }).catch(async (error: unknown) => {
          const decided = await decidedBefore(door, callId, decision)
          if (!decided) throw error
          return decided
        })
        return { call_id: callId, status }
      },
    ),
  )
  add(
    'session_reply',
    'Replies to a question that a call asks in the middle of its work. The same reply again is the same one.',
    tool(
      z.object({
        call_id: CallId,
        question_id: z.uuid(),
        action: z.enum(['accept', 'decline', 'cancel']),
        content: QuestionContent.optional().describe('Of an accepted form'),
      }),
      async ({ call_id: callId, question_id: questionId, action, content }) => {
        const said = { callId, questionId, action, ...(content && { content }) }
        const { status } = await call(tools.reply, said)
        return { call_id: callId, status }
      },
    ),
  )
  add(
    'session_stop',
    'Stops what is being answered in a session. With run_id it stops nothing that came after.',
    tool(
      z.object({ session_id: SessionId, run_id: RunId.optional() }),
      ({ session_id: sessionId, run_id: runId }) =>
        call(runs.stop, { sessionId, ...(runId && { runId }) }),
    ),
  )
  add(
    'sessions_search',
    'Searches titles, summaries and messages of all sessions.',
    tool(z.object({ query: z.string().min(1).max(500) }), ({ query }) =>
      call(sessions.search, { query }),
    ),
    true,
  )
  return server

  async function send(sessionId: SessionId, text: string, id?: MessageId) {
    const sent = await call(messages.send, { sessionId, text, ...(id && { id }) })
    return { session_id: sessionId, message_id: sent.messageId, run_id: sent.runId }
  }
}
