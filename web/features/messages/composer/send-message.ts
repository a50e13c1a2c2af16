import { OutboxRefusal } from '../../../../shared/client/index.ts'
import type { Client, NewSession, OutboxFile } from '../../../../shared/client/index.ts'
import { isActive } from '../../../../shared/contract/active.ts'
import { newId } from '../../../../shared/contract/new-id.ts'
import type { Attached } from './attachments.ts'
import { attachments, drafts } from './page-drafts.ts'
import { t } from '../../../language/t.ts'

export type Written = {
  text: string
  files: readonly Attached[]
  /** The box that it was taken from, whose copy is kept until the message is. */
  draftKey: string
  /** In place of waiting for the end of an answer that is being written. */
  whenBusy?: 'interrupt' | 'steer' | undefined
}

/** The messages that were sent from this tab. */
const sentHere = new Set<string>()

export const wasSentHere = (id: string): boolean => sentHere.has(id)

/** The box of the page for a new session. */
export const NEW_SESSION = 'new'

/**
 * Sends a message through the outbox. When the server refuses it, it returns to its box, with the reason.
 * @param session makes the session first
 * @returns the box that it has returned to; null when it was sent
 */
export async function sendMessage(
  client: Client,
  sessionId: string,
  { text, files, draftKey, whenBusy }: Written,
  session: NewSession | null = null,
): Promise<string | null> {
  const id = newId()
  // Before the page is told of it.
  sentHere.add(id)
  const { kept, sent } = client.outbox.send({
    ...{ id, sessionId },
    text,
    session,
    files: files.map(outboxFile),
    ...(whenBusy && { whenBusy }),
  })
  drafts.release(draftKey, kept)
  try {
    await sent
    return null
  } catch (error) {
    if (!(error instanceof OutboxRefusal)) return null
    return await moveToBox(client, id, t('Not sent: {reason}', { reason: reason(error) }))
  }
}

/**
 * Moves a message from the outbox back to the box where it was written.
 * @param problem why it was not sent
 * @returns the box: `NEW_SESSION`, or the session's id; null when it is sent already
 */
export async function moveToBox(
  client: Client,
  id: string,
  problem?: string,
): Promise<string | null> {
  const entry = await client.outbox.takeBack(id)
  if (entry === null) return null
  const { sessionId } = entry
  const isOnly = !client.outbox.getSnapshot().some((other) => other.sessionId === sessionId)
  const box = entry.session !== null && isOnly ? NEW_SESSION : sessionId
  attachments.giveBack(box, entry.files.flatMap(attachedFile))
  drafts.giveBack(box, entry.text, problem)
  drafts.save()
  return box
}

function outboxFile(file: Attached): OutboxFile {
  if (!('source' in file)) {
    return {
      id: file.id,
      name: file.name,
      mimeType: file.mimeType,
      body: null,
      isStored: true,
      file,
    }
  }
  const { source } = file
  return { id: newId(), name: source.name, mimeType: source.type, body: source, isStored: false }
}

function attachedFile({ name, mimeType: type, body, file }: OutboxFile): Attached[] {
  if (file) return [file]
  return body ? [{ source: new File([body], name, { type }) }] : []
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
    drafts.report(sessionId, t('Not stopped: {reason}', { reason: reason(error) }))
    throw error
  }
}

/** Denies every call that waits for an approval. What was sent before is in the log first, and joins the answer. */
export async function denyWaiting(client: Client, sessionId: string): Promise<void> {
  const { messages } = client.session(sessionId).store.getSnapshot().state ?? { messages: [] }
  const waiting = messages.findLast(isActive)?.parts ?? []
  try {
    await untilSent(client, sessionId)
    for (const part of waiting) {
      if (part.type !== 'tool' || part.call.status !== 'awaiting-approval') continue
      await client.api.tools.decide.mutate({
        callId: part.call.id,
        decision: 'deny',
        reason: 'They wrote something instead.',
      })
    }
  } catch (error) {
    drafts.report(sessionId, t('Not denied: {reason}', { reason: reason(error) }))
  }
}

/** Resolves when nothing of this session waits to be sent. */
function untilSent({ outbox }: Client, sessionId: string): Promise<void> {
  const isSent = () => !outbox.getSnapshot().some((entry) => entry.sessionId === sessionId)
  return new Promise((resolve) => {
    if (isSent()) return resolve()
    const leave = outbox.subscribe(() => {
      if (!isSent()) return
      leave()
      resolve()
    })
  })
}

export function reason(error: unknown): string {
  return error instanceof Error && error.message
    ? error.message
    : t('the server cannot be reached.')
}

/** How the session is made that a message before this one still waits to make; null when there is one. */
export function unmadeSession({ outbox }: Client, sessionId: string): NewSession | null {
  return outbox.getSnapshot().find((entry) => entry.sessionId === sessionId)?.session ?? null
}
