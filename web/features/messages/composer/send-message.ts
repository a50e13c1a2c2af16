import type { Client } from '../../../../shared/client/index.ts'
import { isActive } from '../../../../shared/contract/active.ts'
import { newId } from '../../../../shared/contract/new-id.ts'
import type { File } from '../../../../shared/contract/file.ts'
import { attachments, drafts } from './page-drafts.ts'

/** Sends a message; when the server refuses it, it returns to the session's box, with the reason. */
export async function sendMessage(
  client: Client,
  sessionId: string,
  text: string,
  files: readonly File[] = [],
): Promise<void> {
  const session = client.session(sessionId)
  const id = newId()
  try {
    await session.send(text, { id, files: files.map((file) => file.id) })
  } catch (error) {
    session.dismiss(id)
    attachments.giveBack(sessionId, files)
    drafts.giveBack(sessionId, text, `Not sent: ${reason(error)}`)
  }
}

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
    drafts.report(sessionId, `Not stopped: ${reason(error)}`)
    throw error
  }
}

export function reason(error: unknown): string {
  return error instanceof Error && error.message ? error.message : 'the server cannot be reached.'
}
