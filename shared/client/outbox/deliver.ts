import type { Api, SendResult } from '../app.ts'
import { WITHOUT_DEADLINE } from '../connection/deadline.ts'
import { isApiError, isOutage, mayPass, toSessionError } from '../errors.ts'
import type { SessionError } from '../session/session-snapshot.ts'
import type { OutboxEntry } from './entry.ts'
import { UploadRefusedError } from './upload.ts'
import type { UploadFile } from './upload.ts'

/** After this many failures of the server in a row, the message counts as refused. */
const MAX_FAILURES = 6

export type Delivery =
  | { type: 'sent'; result: SendResult }
  /** It was taken back, and is not sent any more. */
  | { type: 'withdrawn' }
  | { type: 'refused'; error: SessionError }
  /** The server failed, but a later try may succeed. */
  | { type: 'failed' }
  /** The connection or the login ended; the next connection begins with this message. */
  | { type: 'cut' }

/**
 * Sends one message with all that it needs. Each of its steps may have been done before: all of them are repeatable.
 * @param failures how often the server has failed at it in a row
 * @param done.stored called when the server has a file; returns false when the message was taken back meanwhile. The
 *   server cannot have it then: a message is only sent after all of this is in the storage
 * @param done.made called when the session exists; returns as `stored` does
 */
export async function deliver(
  entry: OutboxEntry,
  failures: number,
  { api, upload, signal }: { api: Api; upload: UploadFile; signal: AbortSignal },
  done: { stored(fileId: string): Promise<boolean>; made(): Promise<boolean> },
): Promise<Delivery> {
  const options = { signal, context: WITHOUT_DEADLINE }
  try {
    if (entry.state === 'withdrawn') return await withdraw(api, entry, signal)
    for (const file of entry.files) {
      if (file.isStored || file.body === null) continue
      await upload(file, file.body, signal)
      if (!(await done.stored(file.id))) return { type: 'withdrawn' }
    }
    if (entry.session !== null) {
      // `unlessDeleted`: a session that was made, sent to and deleted meanwhile does not begin again.
      const { toolsOff, ...session } = entry.session
      const made = {
        ...{ id: entry.sessionId, ...session, unlessDeleted: true },
        ...(toolsOff && { toolsOff: [...toolsOff] }),
      }
      await api.sessions.create.mutate(made, options)
      if (!(await done.made())) return { type: 'withdrawn' }
    }
    const { id, sessionId, text, files, parentId, whenBusy } = entry
    const result = await api.messages.send.mutate(
      {
        sessionId,
        id,
        text,
        ...(files.length > 0 && { files: files.map((file) => file.id) }),
        ...(parentId !== null && { parentId }),
        ...(whenBusy !== null && { whenBusy }),
      },
      options,
    )
    return { type: 'sent', result }
  } catch (error) {
    if (signal.aborted) return { type: 'cut' }
    if (error instanceof UploadRefusedError) {
      return { type: 'refused', error: { code: 'BAD_REQUEST', message: error.message } }
    }
    // It was taken back elsewhere, before this client knew that it had arrived.
    if (isApiError(error, 'PRECONDITION_FAILED')) return { type: 'withdrawn' }
    // Whether it was taken back is known later. As refused it would be answered, and be shown without its text.
    if (entry.state === 'withdrawn' && mayPass(error)) return { type: 'failed' }
    if (isApiError(error)) {
      const passes = isOutage(error) || (failures < MAX_FAILURES && isServersFault(error))
      return passes ? { type: 'failed' } : { type: 'refused', error: toSessionError(error) }
    }
    const { code } = toSessionError(error)
    if (code === 'CLIENT_CLOSED') return { type: 'cut' }
    return code === 'PAYLOAD_TOO_LARGE'
      ? { type: 'refused', error: toSessionError(error) }
      : { type: 'failed' }
  }
}

/** Takes back a message that may have arrived. If it is being answered already, it stays in the log. */
async function withdraw(api: Api, { id }: OutboxEntry, signal: AbortSignal): Promise<Delivery> {
  try {
    await api.messages.unqueue.mutate({ id }, { signal })
  } catch (error) {
    if (!isApiError(error) || mayPass(error)) throw error
  }
  return { type: 'withdrawn' }
}

/** True when the server failed. The outcome is unknown then, and the same send finds it out. */
function isServersFault(error: unknown): boolean {
  return mayPass(error) && !isApiError(error, 'TOO_MANY_REQUESTS')
}
