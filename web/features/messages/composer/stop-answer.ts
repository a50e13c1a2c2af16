import { isApiError, OutboxRefusal } from '../../../../shared/client/index.ts'
import type { Client } from '../../../../shared/client/index.ts'
import { isActive } from '../../../../shared/contract/active.ts'
import { attachments, drafts } from './drafts/page-drafts.ts'
import { attachedFile, moveToBox, reason, sendOf } from './send-message.ts'
import { t } from '../../../language/t.ts'

/**
 * Stops the answer that the page shows as running, and not the next one when pressed twice. A failure is shown in the
 * message box.
 */
export async function stopAnswer(client: Client, sessionId: string): Promise<void> {
  try {
    const session = client.session(sessionId)
    const { state } = session.store.getSnapshot()
    const going = state?.messages.findLast(isActive)
    await session.stop(going?.runId ? { runId: going.runId } : {})
  } catch (error) {
    drafts.report(sessionId, t('Not stopped: {reason}', { reason: reason(error) }))
    throw error
  }
}

/**
 * Stops the answer to a message that is on its way, as soon as it begins. A message that is not sent yet, because it
 * waits for the connection or for its files, or whose answer has to wait for others, returns to its box.
 *
 * @returns the box; null when the message is in the log
 */
export async function stopSent(
  client: Client,
  sessionId: string,
  id: string,
): Promise<string | null> {
  const sent = sendOf(id)
  const entry = client.outbox.getSnapshot().find((one) => one.id === id)
  const isConnected = client.connection.getSnapshot().status === 'connected'
  if (!sent || !entry || !isConnected || entry.files.some(({ isStored }) => !isStored)) {
    return moveToBox(client, id)
  }
  try {
    const { runId } = await sent
    const { stop } = client.session(sessionId)
    if ((await stop({ runId })).stopped) return null
    if (!(await isTakenFromQueue(client, id))) {
      // It may have begun between the two.
      await stop({ runId })
      return null
    }
  } catch (error) {
    if (error instanceof OutboxRefusal) return null
    drafts.report(sessionId, t('Not stopped: {reason}', { reason: reason(error) }))
    throw error
  }
  attachments.giveBack(sessionId, entry.files.flatMap(attachedFile))
  drafts.giveBack(sessionId, entry.text)
  drafts.save()
  return sessionId
}

/** Returns false when the message is being answered, or was. */
async function isTakenFromQueue({ api }: Client, id: string): Promise<boolean> {
  try {
    await api.messages.unqueue.mutate({ id })
    return true
  } catch (error) {
    if (isApiError(error, 'CONFLICT')) return false
    throw error
  }
}
