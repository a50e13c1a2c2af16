import { messageExists } from '../../db/queries/messages/messages.ts'
import type { MessageId } from '../../shared/contract/ids.ts'
import { TooManyRequestsError } from '../api-error.ts'
import type { AdmitContext } from './command.ts'

/**
 * Counts what is to be answered. What was sent already is let through to its first answer, whatever is left: a client
 * that did not hear that answer must not be told that nothing was sent.
 *
 * @param id as the client chose it, of the message that would be stored
 * @param length UTF-16 units of what would be stored
 */
export async function admitAnswer(
  id: MessageId | undefined,
  length: number,
  { db, limits, requester }: AdmitContext,
): Promise<void> {
  try {
    await limits.admitSend(requester, length)
  } catch (error) {
    const isRepeated =
      error instanceof TooManyRequestsError && id !== undefined && (await messageExists(db, id))
    if (!isRepeated) {
      throw error
    }
  }
}
