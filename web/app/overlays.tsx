import { useNavigate } from '@tanstack/react-router'
import { Suspense, lazy, useState } from 'react'
import type { Session } from '../../shared/contract/session.ts'
import type { SessionAction } from '../features/sessions/session-actions.tsx'
import { focusMessageBox } from '../features/messages/composer/message-box.ts'
import { useShortcuts } from './use-shortcuts.ts'
import { loaded } from '../ui/loaded.ts'

const Palette = lazy(() => loaded(() => import('./palette/palette.tsx')))
const SessionDialog = lazy(() =>
  loaded(() => import('../features/sessions/dialogs/session-dialog.tsx')),
)
const ShortcutsDialog = lazy(() => loaded(() => import('./shortcuts-dialog.tsx')))

export type Overlay = 'palette' | 'shortcuts'

/** The palette and the overview of shortcuts, which are opened by keys on any page. */
export function Overlays(props: {
  shown: Overlay | null
  onShow: (overlay: Overlay | null) => void
}) {
  const { shown, onShow } = props
  const navigate = useNavigate()
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
      case 'message-box':
        return focusMessageBox()
    }
  })
  return (
    <Suspense>
      {shown === 'palette' && (
        <Palette
          onClose={close}
          onShortcuts={() => onShow('shortcuts')}
          onAct={(action, session) => setActed({ action, session })}
        />
      )}
      {shown === 'shortcuts' && <ShortcutsDialog onClose={close} />}
      {acted && <SessionDialog {...acted} onClose={() => setActed(null)} />}
    </Suspense>
  )
}
