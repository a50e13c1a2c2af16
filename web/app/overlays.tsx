import { useNavigate } from '@tanstack/react-router'
import { Suspense, lazy } from 'react'
import { focusMessageBox } from '../features/messages/composer/message-box.ts'
import { useShortcuts } from './use-shortcuts.ts'

const Palette = lazy(() => import('./palette/palette.tsx'))
const ShortcutsDialog = lazy(() => import('./shortcuts-dialog.tsx'))

export type Overlay = 'palette' | 'shortcuts'

/** The palette and the overview of shortcuts, which are opened by keys on any page. */
export function Overlays(props: {
  shown: Overlay | null
  onShow: (overlay: Overlay | null) => void
}) {
  const { shown, onShow } = props
  const navigate = useNavigate()
  const close = () => onShow(null)
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
      {shown === 'palette' && <Palette onClose={close} onShortcuts={() => onShow('shortcuts')} />}
      {shown === 'shortcuts' && <ShortcutsDialog onClose={close} />}
    </Suspense>
  )
}
