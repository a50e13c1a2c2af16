import type { AppSessionState } from '../app.ts'

/** Stores the folded states of sessions on the device, only those of the current person. */
export type SessionCache = {
  /** Resolves with the stored state of a session, null for none; it does not reject. */
  read(sessionId: string): Promise<AppSessionState | null>
  /** Returns true when the page has shown more of a session than is stored, because it ended before storing it. */
  isBehind?(sessionId: string): boolean
  /** Stores a state; it may skip that. */
  write(state: AppSessionState): void
  /** The session was deleted. */
  remove(sessionId: string): void
}
