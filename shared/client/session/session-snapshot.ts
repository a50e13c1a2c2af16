import type { AppSessionState } from '../app.ts'

/** The reason why a call or a session failed, with the server's message. `code` is tRPC's, such as `NOT_FOUND`. */
export type SessionError = { code: string; message: string }

/** A sent message that is not in the session's state yet. */
export type PendingSend = {
  readonly id: string
  readonly text: string
  readonly parentId: string | null
  /** The files of a message in the outbox; absent when there are none. */
  readonly files?: readonly { readonly id: string; readonly name: string }[]
} & ({ readonly status: 'sending' } | { readonly status: 'failed'; readonly error: SessionError })

/** The known state of a session. `live` remains during disconnections, which the connection's own store reports. */
export type SessionSnapshot = { readonly pending: readonly PendingSend[] } & (
  | { readonly status: 'loading'; readonly state: null; readonly error: null }
  | { readonly status: 'live'; readonly state: AppSessionState; readonly error: null }
  /** The server refused the session, and a repetition would not help. `state` is the last known one. */
  | {
      readonly status: 'failed'
      readonly state: AppSessionState | null
      readonly error: SessionError
    }
)
