import { findMessage } from '../../db/messages.ts'
import { readBranch } from '../../db/branches.ts'
import { messages } from '../../shared/contract/api/messages.ts'
import { notFound } from '../api-error.ts'
import { query } from '../trpc.ts'
import { typedMessages } from '../typed-calls.ts'

/** Of one page; UTF-16 units of JSON. A page has one message always, and says that there are older ones. */
const MAX_PAGE_LENGTH = 1024 * 1024

export const listMessages = query(
  messages.list,
  async ({ services, user }, { sessionId, before, limit }) => {
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
  },
)
