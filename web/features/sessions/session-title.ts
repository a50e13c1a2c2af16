import type { Session } from '../../../shared/contract/session.ts'

/** What a session is called as long as nobody, and no model, named it. */
export function sessionTitle(session: Pick<Session, 'title'>): string {
  return session.title?.trim() || 'Untitled session'
}
