import type { AppSessionState } from './app.ts'

/** Why a call or a session failed, in the server's words. `code` is tRPC's, such as `NOT_FOUND`. */
export type SessionError = { code: string; message: string }

/** A message that was sent here and is not in the log's view yet. */
export type PendingSend = {
  readonly id: string
  readonly text: string
  readonly parentId: string | null
} & ({ readonly status: 'sending' } | { readonly status: 'failed'; readonly error: SessionError })

/** What is known of a session now. `live` stays through dropped connections: the connection's own store tells of those. */
export type SessionSnapshot = { readonly pending: readonly PendingSend[] } & (
  | { readonly status: 'loading'; readonly state: null; readonly error: null }
  | { readonly status: 'live'; readonly state: AppSessionState; readonly error: null }
  /** The server refused, and repeating would not help. `state` is the last that was seen. */
  | {
      readonly status: 'failed'
      readonly state: AppSessionState | null
      readonly error: SessionError
    }
)
