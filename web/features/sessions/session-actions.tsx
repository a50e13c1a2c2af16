import { Ellipsis } from 'lucide-react'
import { useState } from 'react'
import type { Session } from '../../../shared/contract/session.ts'
import { IconButton } from '../../ui/controls/icon-button.tsx'
import { lazyPart } from '../../ui/loading/lazy-part.tsx'
import { t } from '../../language/t.ts'

const SessionMenu = lazyPart(() => import('./session-menu.tsx'))
const SessionDialog = lazyPart(() => import('./dialogs/session-dialog.tsx'))

export type SessionAction = 'rename' | 'instructions' | 'project' | 'tags' | 'share' | 'delete'

/** The button that opens a session's menu. The menu and its dialogs are loaded on first use. */
export function SessionActions({
  session,
  className = '',
}: {
  session: Session
  className?: string
}) {
  // The menu is rendered inside of the button's container: a modal sheet covers everything outside of it.
  const [home, setHome] = useState<HTMLElement | null>(null)
  const [action, setAction] = useState<SessionAction | null>(null)
  const button = (
    <IconButton
      label={t('Session actions')}
      className={className}
      onClick={({ currentTarget }) =>
        setHome(currentTarget.closest<HTMLElement>('dialog, main, aside') ?? document.body)
      }
    >
      <Ellipsis aria-hidden size={16} />
    </IconButton>
  )
  return (
    <>
      {home ? (
        <SessionMenu
          fallback={button}
          home={home}
          session={session}
          className={className}
          onAction={setAction}
        />
      ) : (
        button
      )}
      {action && (
        <SessionDialog action={action} session={session} onClose={() => setAction(null)} />
      )}
    </>
  )
}
