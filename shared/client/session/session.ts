import type { LoggedEvent } from '../../contract/events.ts'
import { newId } from '../../contract/new-id.ts'
import type { Api, AppToolCall, Inputs, SendResult, StopResult } from '../app.ts'
import { WITHOUT_DEADLINE } from '../connection/deadline.ts'
import { toSessionError } from '../errors.ts'
import { sessionEvents } from './events.ts'
import type { SessionSnapshot } from './session-snapshot.ts'
import type { SessionStore } from './session-store.ts'
import type { Store } from '../store.ts'

/** Options of one answer only, such as `output`, the JSON that it has to be, or `clientTools`. */
type AskedOnce = Pick<
  // Without TypeScript's `strict` every input may also be void, from which no field can be picked.
  Exclude<Inputs['messages']['send'], void>,
  'model' | 'clientTools' | 'instructions' | 'temperature' | 'maxTokens' | 'output'
>

export type SendOptions = AskedOnce & {
  /** The message's id, which makes the send idempotent. Generated when omitted. */
  id?: string
  /** Ids of files that were uploaded: `POST /api/files`. */
  files?: readonly string[]
  /** The message to reply to; the end of the active branch when omitted. */
  parentId?: string
  /** The behaviour while an answer is running. The server's default is `queue`. */
  whenBusy?: 'queue' | 'interrupt' | 'reject' | 'steer'
}

export type Session = {
  readonly id: string
  /** Folded state and pending sends. It watches the session while there are listeners. */
  readonly store: Store<SessionSnapshot>
  /**
   * Sends a message exactly once: after a lost connection it is repeated with the same id until the server answers. The
   * message is in the store's `pending` until the log contains it. When the server refuses, it stays there as `failed`,
   * and the promise rejects with the `TRPCClientError`. Without a connection it waits.
   */
  send(text: string, options?: SendOptions): Promise<SendResult>
  /** Removes a failed send from `pending`; returns its text for the message box. */
  dismiss(messageId: string): string | null
  /**
   * Stops the active run. With `runId` only that run is stopped, so that a repeated call, such as a second press of a
   * button, does not stop the next run.
   */
  stop(options?: { runId?: string; clearQueue?: boolean }): Promise<StopResult>
  /**
   * The session's events without gaps or repetitions, across reconnections. Begins with a snapshot, or right after the
   * cursor `after`. Ends with `break` or the signal; throws when the server refuses.
   */
  events(options?: {
    after?: number
    signal?: AbortSignal
  }): AsyncIterableIterator<LoggedEvent<AppToolCall>>
  /** Watches again after the store's status has become `failed`. */
  retry(): void
}

export function createSession(api: Api, id: string, store: SessionStore): Session {
  // A session's messages reach the server in the order of sending, even when one has to be repeated.
  let before: Promise<unknown> = Promise.resolve()

  return {
    id,
    store,
    async send(text, { id: wanted = newId(), files = [], parentId, whenBusy, ...asked } = {}) {
      // Ids are case-insensitive; the log uses lower case.
      const messageId = wanted.toLowerCase()
      store.sending({ id: messageId, text, parentId: parentId ?? null })
      const sent = before.then(() =>
        api.messages.send.mutate(
          {
            ...asked,
            sessionId: id,
            id: messageId,
            text,
            ...(files.length > 0 && { files: [...files] }),
            ...(parentId === undefined ? {} : { parentId }),
            ...(whenBusy === undefined ? {} : { whenBusy }),
          },
          { context: WITHOUT_DEADLINE },
        ),
      )
      before = sent.catch(() => {})
      try {
        const result = await sent
        store.answered(messageId)
        return result
      } catch (error) {
        store.refused(messageId, toSessionError(error))
        throw error
      }
    },
    dismiss: (messageId) => store.dismiss(messageId.toLowerCase()),
    stop: (options = {}) => api.runs.stop.mutate({ sessionId: id, ...options }),
    events: (options = {}) => sessionEvents(api, id, options),
    retry: () => store.retry(),
  }
}
