import { useNavigate, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import type { Session } from '../../shared/contract/session.ts'
import type { SessionAction } from '../features/sessions/session-actions.tsx'
import { focusMessageBox } from '../features/messages/composer/message-box.ts'
import { useShortcuts } from './use-shortcuts.ts'
import { lazyPart } from '../ui/loading/lazy-part.tsx'

const Palette = lazyPart(() => import('./palette/palette.tsx'))
const SessionDialog = lazyPart(() => import('../features/sessions/dialogs/session-dialog.tsx'))
const ShortcutsDialog = lazyPart(() => import('./shortcuts-dialog.tsx'))

export type Overlay = 'palette' | 'shortcuts'

/** The palette and the overview of shortcuts, which are opened by keys on any page. */
export function Overlays(props: {
  shown: Overlay | null
  onShow: (overlay: Overlay | null) => void
  /** Shows the sessions, or hides them where they stand beside the page. */
  onSessions: () => void
}) {
  const { shown, onShow } = props
  const navigate = useNavigate()
  const openId = useParams({ strict: false, select: ({ id }) => id })
  const close = () => onShow(null)
  const [acted, setActed] = useState<{ action: SessionAction; session: Session } | null>(null)
  useShortcuts((shortcut) => {
    switch (shortcut) {
      case 'palette':
        return onShow('palette')
      case 'shortcuts':
        return onShow('shortcuts')
      case 'new-session':
        return void navigate({ to: '/' }).then(focusMessageBox)
      case 'sidebar':
        return props.onSessions()
      case 'message-box':
        return focusMessageBox()
      case 'print':
        return openId === undefined
          ? undefined
          : void navigate({ to: '/print/$id', params: { id: openId } })
    }
  })
  return (
    <>
      {shown === 'palette' && (
        <Palette
          onClose={close}
          onShortcuts={() => onShow('shortcuts')}
          onAct={(action, session) => setActed({ action, session })}
        />
      )}
      {shown === 'shortcuts' && <ShortcutsDialog onClose={close} />}
      {acted && <SessionDialog {...acted} onClose={() => setActed(null)} />}
    </>
  )
}
