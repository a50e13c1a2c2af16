import { messageExists } from '../../../db/queries/messages/messages.ts'
import type { MessageId } from '../../../shared/contract/ids.ts'
import { TooManyRequestsError } from '../../api-error.ts'
import type { AdmitContext } from '../command.ts'

/**
 * Counts a request against the limits of its user. A request that was carried out before gets its first answer again,
 * even when nothing is left of the limit: a client that lost that answer must not read that nothing was sent.
 *
 * @param id of the message that would be stored, as the client chose it
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

/** Refuses what a log tells of without a message, where its person has stored far more than they may. */
export async function admitChange({ limits, requester }: AdmitContext): Promise<void> {
  await limits.admitChange(requester.user)
}
