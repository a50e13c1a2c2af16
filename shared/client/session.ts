import type { LoggedEvent } from '../contract/events.ts'
import { newId } from '../contract/new-id.ts'
import type { Api, AppToolCall, SendResult, StopResult } from './app.ts'
import { WITHOUT_DEADLINE } from './deadline.ts'
import { toSessionError } from './errors.ts'
import { sessionEvents } from './events.ts'
import type { SessionSnapshot } from './session-snapshot.ts'
import type { SessionStore } from './session-store.ts'
import type { Store } from './store.ts'

export type SendOptions = {
  /** The message's id; a repeated send under the same id is the same send. Minted when left out. */
  id?: string
  /** The message to answer; the end of the active branch when left out. */
  parentId?: string
  /** What to do when an answer is under way. The server's default is `queue`. */
  whenBusy?: 'queue' | 'interrupt' | 'reject'
}

export type Session = {
  readonly id: string
  /** Folded state and optimistic sends. It watches the session while anyone listens. */
  readonly store: Store<SessionSnapshot>
  /**
   * Sends a message, exactly once: through dropped connections it is repeated under its id until the server answers.
   * It shows in the store's `pending` until the log has it; when the server refuses, it stays there as `failed` and
   * the promise rejects with the `TRPCClientError`. Offline it waits.
   */
  send(text: string, options?: SendOptions): Promise<SendResult>
  /** Takes a failed send out of `pending`; the text is handed back for the message box. */
  dismiss(messageId: string): string | null
  /**
   * Stops the run that is going. With `runId` only that one: repeated, as by a second press of a button, it leaves the
   * next run alone, which may have begun meanwhile.
   */
  stop(options?: { runId?: string; clearQueue?: boolean }): Promise<StopResult>
  /**
   * The session's events, through drops, without gap or repetition. Begins with a snapshot, or right after the
   * cursor `after`. Ends by `break` or the signal; throws when the server refuses.
   */
  events(options?: {
    after?: number
    signal?: AbortSignal
  }): AsyncIterableIterator<LoggedEvent<AppToolCall>>
  /** Watches again after the store's status became `failed`. */
  retry(): void
}

export function createSession(api: Api, id: string, store: SessionStore): Session {
  // A session's messages reach the server in the order they were sent, also when one has to be repeated.
  let before: Promise<unknown> = Promise.resolve()

  return {
    id,
    store,
    async send(text, { id: wanted = newId(), parentId, whenBusy } = {}) {
      // The log names it so: capitals are the same id.
      const messageId = wanted.toLowerCase()
      store.sending({ id: messageId, text, parentId: parentId ?? null })
      const sent = before.then(() =>
        api.messages.send.mutate(
          {
            sessionId: id,
            id: messageId,
            text,
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
