import { measureQueue } from '../../../db/queries/messages/messages.ts'
import type { Message } from '../../../shared/contract/message.ts'
import { CommandError } from '../../api-error.ts'
import { textOf } from './question-parts.ts'
import type { CommandTransaction } from '../transaction.ts'

/** The queue is limited because every reader of the session has all of it in memory. */
const LONGEST_QUEUE = { count: 100, length: 1_000_000 }

/**
 * @param replaced the queued message whose text is replaced; its length is free again
 * @throws TOO_MANY_REQUESTS when too much is queued already
 */
export async function requireRoom(
  { db, sessionId }: CommandTransaction,
  text: string,
  replaced?: Message,
): Promise<void> {
  const queue = await measureQueue(db, sessionId)
  const count = queue.count - (replaced ? 1 : 0)
  const length = queue.length - (replaced ? textOf(replaced).length : 0)
  if (count >= LONGEST_QUEUE.count || length + text.length > LONGEST_QUEUE.length) {
    throw new CommandError(
      'TOO_MANY_REQUESTS',
      `Too much waits in this session already: ${LONGEST_QUEUE.count} messages, or ` +
        `${LONGEST_QUEUE.length.toLocaleString('en')} characters, may. Wait for answers, or take messages back.`,
    )
  }
}
