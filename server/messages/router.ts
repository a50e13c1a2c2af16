import { z } from 'zod'
import { findMessage } from '../../db/messages.ts'
import { readBranch } from '../../db/branches.ts'
import { MessageId, RunId, SessionId } from '../../shared/contract/ids.ts'
import { MAX_TEXT_LENGTH } from '../../shared/contract/message.ts'
import { noNul } from '../../shared/contract/no-nul.ts'
import { notFound, procedure, router } from '../trpc.ts'
import { typedMessages } from '../typed-calls.ts'

/** Of one page; UTF-16 units of JSON. A page has one message always, and says that there are older ones. */
const MAX_PAGE_LENGTH = 1024 * 1024

const Text = z
  .string()
  .max(
    MAX_TEXT_LENGTH,
    `A message may have ${MAX_TEXT_LENGTH.toLocaleString('en')} characters at most.`,
  )
  .refine((text) => text.replaceAll('\0', '').trim() !== '', 'A message needs some text.')

const Sent = z.object({ messageId: MessageId, runId: RunId })

export const messagesRouter = router({
  list: procedure
    .input(
      z.object({
        sessionId: SessionId,
        before: MessageId.optional(),
        limit: z.coerce.number<number>().int().min(1).max(200).default(50),
      }),
    )
    .query(async ({ ctx: { services, user }, input: { sessionId, before, limit } }) => {
      const { db } = services.database
      if (!before) {
        const snapshot = await services.reader.snapshot(user.id, sessionId, limit)
        if (!snapshot) {
          throw notFound('session')
        }
        return {
          messages: typedMessages(snapshot.event.messages, services.tools),
          hasOlder: snapshot.event.hasOlder,
        }
      }
      const newer = await findMessage(db, user.id, before)
      if (newer?.message.sessionId !== sessionId) {
        throw notFound('message in this session')
      }
      const { parentId } = newer.message
      if (!parentId) {
        return { messages: [], hasOlder: false }
      }
      const page = await readBranch(db, {
        sessionId,
        leaf: parentId,
        limit,
        maxLength: MAX_PAGE_LENGTH,
        countsOutputs: true,
      })
      return {
        messages: typedMessages(
          page.messages.map(({ message }) => message),
          services.tools,
        ),
        hasOlder: page.hasOlder,
      }
    }),

  send: procedure
    .input(
      z.object({
        sessionId: SessionId,
        id: MessageId.optional(),
        text: Text,
        parentId: MessageId.optional(),
        whenBusy: z.enum(['queue', 'interrupt', 'reject']).default('queue'),
      }),
    )
    .output(Sent)
    .mutation(({ ctx: { services, user }, input }) =>
      services.runs.send({ ...input, userId: user.id }),
    ),

  edit: procedure
    .input(
      z.object({
        id: MessageId,
        newId: MessageId.optional(),
        text: Text,
        onlyQueued: z.boolean().optional(),
      }),
    )
    .output(Sent)
    .mutation(({ ctx: { services, user }, input }) =>
      services.runs.edit({ ...input, userId: user.id }),
    ),

  regenerate: procedure
    .input(
      z.object({
        id: MessageId,
        newId: MessageId.optional(),
        model: z.string().trim().min(1).max(200).check(noNul).optional(),
      }),
    )
    .output(Sent)
    .mutation(({ ctx: { services, user }, input }) =>
      services.runs.regenerate({ ...input, userId: user.id }),
    ),

  select: procedure
    .input(z.object({ id: MessageId }))
    .output(z.object({ id: MessageId }))
    .mutation(async ({ ctx: { services, user }, input: { id } }) => {
      await services.runs.select({ id, userId: user.id })
      return { id }
    }),

  unqueue: procedure
    .input(z.object({ id: MessageId }))
    .output(z.object({ id: MessageId }))
    .mutation(async ({ ctx: { services, user }, input: { id } }) => {
      await services.runs.unqueue({ id, userId: user.id })
      return { id }
    }),
})
