import type { AppSessionState } from '../app.ts'

/** Keeps the folded states of sessions on the device. It has only those of the person who is here. */
export type SessionCache = {
  /** Resolves with what is known of a session, null for nothing; it does not reject. */
  read(sessionId: string): Promise<AppSessionState | null>
  /** Returns true when more of a session was shown here than is kept, because a page ended meanwhile. */
  isBehind?(sessionId: string): boolean
  /** Keeps a state; it may leave that out. */
  write(state: AppSessionState): void
  /** The session is no more. */
  remove(sessionId: string): void
}
