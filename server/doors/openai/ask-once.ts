import { TRPCError } from '@trpc/server'
import { findRunOfQuestion } from '../../../db/queries/runs/runs.ts'
import { sessions } from '../../../shared/contract/api/sessions.ts'
import { MessageId } from '../../../shared/contract/ids.ts'
import type { RunId, SessionId } from '../../../shared/contract/ids.ts'
import { derivedId } from '../derived-id.ts'
import type { DoorRequest } from '../request.ts'

/** What a question is asked by, before anything of its request is fetched or stored. */
export type Asking = {
  /** The id of the question, where the request can be repeated. */
  id: MessageId | undefined
  /** Takes the session back if the question does not come about: it was made for nothing else. */
  takeBack: (sessionId: SessionId) => void
}

const UNSURE: ReadonlySet<TRPCError['code']> = new Set([
  'SERVICE_UNAVAILABLE',
  'INTERNAL_SERVER_ERROR',
  'TIMEOUT',
])

/**
 * Asks a question, once for each key.
 *
 * @param kind of the request: the same key is another one elsewhere
 * @param key null where the client gave none
 */
export async function askOnce(
  { call, services, userId }: DoorRequest,
  kind: 'response' | 'completion',
  key: string | null,
  ask: (asking: Asking) => Promise<RunId>,
): Promise<RunId> {
  const id = key === null ? undefined : MessageId.parse(derivedId(userId, kind, key))
  const findFirst = async (): Promise<RunId | null> => {
    const run = id && (await findRunOfQuestion(services.database.db, id))
    return run?.userId === userId ? run.id : null
  }
  const first = await findFirst()
  if (first) return first
  const made: SessionId[] = []
  try {
    return await ask({ id, takeBack: (sessionId) => void made.push(sessionId) })
  } catch (error) {
    // Where nobody can say it may have come about all the same: then its session stays.
    if (!(error instanceof TRPCError) || UNSURE.has(error.code)) throw error
    for (const sessionId of made) {
      await call(sessions.delete, { id: sessionId }).catch(() => undefined)
    }
    // Another request with this key was faster.
    const faster = error.code === 'CONFLICT' ? await findFirst() : null
    if (faster) return faster
    throw error
  }
}
