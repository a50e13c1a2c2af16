import { OutboxRefusal } from '../../../../shared/client/index.ts'
import type { Client, NewSession, OutboxFile, OutboxSend } from '../../../../shared/client/index.ts'
import { isActive } from '../../../../shared/contract/active.ts'
import { newId } from '../../../../shared/contract/new-id.ts'
import type { Attached } from './attachments/attachments.ts'
import { attachments, beginnings, drafts } from './drafts/page-drafts.ts'
import { t } from '../../../language/t.ts'

export type Written = {
  text: string
  files: readonly Attached[]
  /** The box that it was taken from, whose copy is kept until the message is. */
  draftKey: string
  /** For a message during an answer: stops it or joins it, instead of waiting for its end. */
  whenBusy?: 'interrupt' | 'steer' | undefined
}

/** The messages that were sent from this tab. */
const sentHere = new Set<string>()

/** Those that are on their way, by their ids. */
const underWay = new Map<string, OutboxSend['sent']>()

/** Resolves when the message is in the log; undefined when it is not on its way from this page. */
export const sendOf = (id: string): OutboxSend['sent'] | undefined => underWay.get(id)

export const wasSentHere = (id: string): boolean => sentHere.has(id)

/** The box of the page for a new session. */
export const NEW_SESSION = 'new'

/** The box of a project's page, for a new session in it. */
export function boxOfProject(projectId: string): string {
  return `project.${projectId}`
}

/** True for the message box of an existing session, false for one that begins a session. */
export function isOfSession(box: string): boolean {
  return box !== NEW_SESSION && !box.startsWith('project.')
}

/** The route of the page with the box; null for the box of a session. */
export function pageOfBox(
  box: string,
): { to: '/' } | { to: '/p/$id'; params: { id: string } } | null {
  if (isOfSession(box)) return null
  return box === NEW_SESSION
    ? { to: '/' }
    : { to: '/p/$id', params: { id: box.slice('project.'.length) } }
}

/** `isSent` is true when the message is in the log. `box` is where its text went back to; null after `unqueue`. */
export type Outcome = { isSent: true } | { isSent: false; box: string | null }

/**
 * Sends a message through the outbox. When the server refuses it, it returns to its box, with the reason.
 * @param session makes the session first
 */
export async function sendMessage(
  client: Client,
  sessionId: string,
  { text, files, draftKey, whenBusy }: Written,
  session: NewSession | null = null,
): Promise<Outcome> {
  const id = newId()
  // This must be known before the page draws the message.
  sentHere.add(id)
  const { kept, sent } = client.outbox.send({
    ...{ id, sessionId },
    text,
    session,
    files: files.map(outboxFile),
    ...(whenBusy && { whenBusy }),
  })
  underWay.set(id, sent)
  drafts.release(draftKey, kept)
  try {
    await sent
    return { isSent: true }
  } catch (error) {
    if (!(error instanceof OutboxRefusal)) return { isSent: false, box: null }
    const problem = t('Not sent: {reason}', { reason: reason(error) })
    return { isSent: false, box: await moveToBox(client, id, problem) }
  } finally {
    underWay.delete(id)
  }
}

/**
 * Moves a message from the outbox back to the box where it was written.
 * @param problem why it was not sent
 * @returns the box: the session's, or the one that begins a session like it; null when it is sent already
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
  const box = entry.session !== null && isOnly ? boxBefore(entry.session) : sessionId
  attachments.giveBack(box, entry.files.flatMap(attachedFile))
  drafts.giveBack(box, entry.text, problem)
  drafts.save()
  return box
}

/** The box that a session was begun from, which keeps how it was to begin. */
function boxBefore({ projectId, ...session }: NewSession): string {
  const box = projectId ? boxOfProject(projectId) : NEW_SESSION
  beginnings.set(box, session)
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
  const { source, id, isBegun } = file
  const { name, type: mimeType } = source
  return { id, name, mimeType, body: source, isStored: false, ...(isBegun && { isBegun }) }
}

export function attachedFile({ mimeType: type, body, file, ...of }: OutboxFile): Attached[] {
  if (file) return [file]
  const isBegun = of.isStored || of.isBegun === true
  return body ? [{ source: new File([body], of.name, { type }), id: of.id, isBegun }] : []
}

/**
 * Denies every call that waits for an approval, in favour of a message: once that is in the log, so that it joins the
 * answer. A message that does not get there denies nothing.
 */
export async function denyWaiting(
  client: Client,
  sessionId: string,
  message: Promise<Outcome>,
): Promise<void> {
  const { messages } = client.session(sessionId).store.getSnapshot().state ?? { messages: [] }
  const waiting = messages.findLast(isActive)?.parts ?? []
  try {
    if (!(await message).isSent) return
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

export function reason(error: unknown): string {
  return error instanceof Error && error.message
    ? error.message
    : t('the server cannot be reached.')
}

/** The settings of a session that a pending message will create; null when no pending message creates it. */
export function unmadeSession({ outbox }: Client, sessionId: string): NewSession | null {
  return outbox.getSnapshot().find((entry) => entry.sessionId === sessionId)?.session ?? null
}
