import { Ellipsis } from 'lucide-react'
import { Suspense, lazy, useState } from 'react'
import type { Session } from '../../../shared/contract/session.ts'
import { IconButton } from '../../ui/icon-button.tsx'

const SessionMenu = lazy(() => import('./session-menu.tsx'))
const SessionDialog = lazy(() => import('./session-dialog.tsx'))

export type SessionAction = 'rename' | 'share' | 'delete'

/** The button that opens a session's menu. Menu and dialogs are loaded when first asked for. */
export function SessionActions({
  session,
  className = '',
}: {
  session: Session
  className?: string
}) {
  const [wanted, setWanted] = useState(false)
  const [action, setAction] = useState<SessionAction | null>(null)
  const button = (
    <IconButton label="Session actions" className={className} onClick={() => setWanted(true)}>
      <Ellipsis aria-hidden size={16} />
    </IconButton>
  )
  return (
    <>
      {wanted ? (
        <Suspense fallback={button}>
          <SessionMenu session={session} className={className} onAction={setAction} />
        </Suspense>
      ) : (
        button
      )}
      {action && (
        <Suspense>
          <SessionDialog action={action} session={session} onClose={() => setAction(null)} />
        </Suspense>
      )}
    </>
  )
}
