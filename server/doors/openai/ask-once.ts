import { TRPCError } from '@trpc/server'
import { findMessage } from '../../../db/queries/messages/messages.ts'
import { findRunOfQuestion } from '../../../db/queries/runs/runs.ts'
import { sessions } from '../../../shared/contract/api/sessions.ts'
import { MessageId } from '../../../shared/contract/ids.ts'
import type { RunId, SessionId } from '../../../shared/contract/ids.ts'
import { derivedId } from '../derived-id.ts'
import { isRefusal } from '../is-refusal.ts'
import type { DoorRequest } from '../request.ts'

/** The identity of a question. Nothing of its request is fetched or stored yet. */
export type Asking = {
  /** The id of the question, if the request can be repeated. */
  id: MessageId | undefined
  /**
   * Deletes the session, which was made for the question only, when the question is not stored.
   *
   * @param ifEmpty for a session in which another request with this key may ask
   */
  takeBack: (id: SessionId, ifEmpty?: boolean) => void
}

/**
 * Asks a question, once for each key.
 *
 * @param kind of the request: the same key of another kind is another key
 * @param key null when the client sent none
 * @param text of the question
 * @throws CONFLICT when the key was used for another text
 */
export async function askOnce(
  { call, services, userId }: DoorRequest,
  kind: 'response' | 'completion',
  key: string | null,
  text: string,
  ask: (asking: Asking) => Promise<RunId>,
): Promise<RunId> {
  const id = key === null ? undefined : MessageId.parse(derivedId(userId, kind, key))
  const findFirst = async (): Promise<RunId | null> => {
    const { db } = services.database
    const run = id && (await findRunOfQuestion(db, id))
    if (run?.userId !== userId) return null
    // Files are not compared: those of a repetition are not fetched.
    const parts = (await findMessage(db, userId, run.questionId))?.message.parts ?? []
    const asked = parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
    if (asked !== (text.trim() === '' ? '' : text)) {
      const message = 'This key was used for another input. Send with a new Idempotency-Key.'
      throw new TRPCError({ code: 'CONFLICT', message })
    }
    return run.id
  }
  const first = await findFirst()
  if (first) return first
  const made: { id: SessionId; ifEmpty: boolean }[] = []
  try {
    return await ask({ id, takeBack: (of, ifEmpty = false) => void made.push({ id: of, ifEmpty }) })
  } catch (error) {
    // The question may have been stored although its outcome is unknown, so its session stays.
    if (!isRefusal(error)) throw error
    for (const session of made) {
      await call(sessions.delete, session).catch(() => undefined)
    }
    // Another request with this key was faster.
    const faster = error.code === 'CONFLICT' ? await findFirst() : null
    if (faster) return faster
    throw error
  }
}
