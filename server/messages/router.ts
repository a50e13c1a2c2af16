import { findMessage } from '../../db/messages.ts'
import { readBranch } from '../../db/branches.ts'
import { messages } from '../../shared/contract/api/messages.ts'
import { mutation, notFound, query, router } from '../trpc.ts'
import { typedMessages } from '../typed-calls.ts'

/** Of one page; UTF-16 units of JSON. A page has one message always, and says that there are older ones. */
const MAX_PAGE_LENGTH = 1024 * 1024

export const messagesRouter = router({
  list: query(messages.list, async ({ services, user }, { sessionId, before, limit }) => {
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
  send: mutation(messages.send, ({ services, user }, input) =>
    services.runs.send({ ...input, userId: user.id }),
  ),
  edit: mutation(messages.edit, ({ services, user }, input) =>
    services.runs.edit({ ...input, userId: user.id }),
  ),
  regenerate: mutation(messages.regenerate, ({ services, user }, input) =>
    services.runs.regenerate({ ...input, userId: user.id }),
  ),
  select: mutation(messages.select, async ({ services, user }, { id }) => {
    await services.runs.select({ id, userId: user.id })
    return { id }
  }),
  unqueue: mutation(messages.unqueue, async ({ services, user }, { id }) => {
    await services.runs.unqueue({ id, userId: user.id })
    return { id }
  }),
})
