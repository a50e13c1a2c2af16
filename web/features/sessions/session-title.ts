import type { Session } from '../../../shared/contract/session.ts'
import { t } from '../../language/t.ts'

/** The title of a session without a title. */
export function sessionTitle(session: Pick<Session, 'title'>): string {
  return session.title?.trim() || t('Untitled session')
}
