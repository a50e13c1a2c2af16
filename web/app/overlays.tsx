import { useNavigate, useParams } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import type { ReactNode } from 'react'
import type { Session } from '../../shared/contract/session.ts'
import type { SessionAction } from '../features/sessions/session-actions.tsx'
import { focusMessageBox } from '../features/messages/composer/message-box.ts'
import { t } from '../language/t.ts'
import { lazyPart } from '../ui/loading/lazy-part.tsx'
import { missingParts } from '../ui/loading/missing-parts.ts'
import { tell, tellFailure } from '../ui/notices/notice.ts'
import { useShortcuts } from './use-shortcuts.ts'

const Palette = lazyPart(() => import('./palette/palette.tsx'))
const SessionDialog = lazyPart(() => import('../features/sessions/dialogs/session-dialog.tsx'))
const ShortcutsDialog = lazyPart(() => import('./shortcuts-dialog.tsx'))
const ProjectDialog = lazyPart(() => import('../features/projects/project-dialog.tsx'))
const UnsentDialog = lazyPart(() => import('./sign-in/unsent-dialog.tsx'))

/** The longest that an overlay is waited for. Later somebody does something else, and it would be in their way. */
const PATIENCE_MS = { online: 4_000, offline: 1_000 }

const parts = { palette: Palette, shortcuts: ShortcutsDialog }
type Overlay = keyof typeof parts

/** The overlay that is shown, and the way to show one: as soon as its script is there, or never. */
export function useOverlay() {
  const [overlay, setOverlay] = useState<Overlay | null>(null)
  const asked = useRef(0)

  async function show(wanted: Overlay | null): Promise<void> {
    const own = ++asked.current
    if (wanted === null) return setOverlay(null)
    const patience = PATIENCE_MS[navigator.onLine ? 'online' : 'offline']
    const isInTime = await Promise.race([
      parts[wanted].untilLoaded().then(() => true),
      new Promise<false>((resolve) => setTimeout(() => resolve(false), patience)),
    ])
    if (own !== asked.current) return
    if (isInTime) return setOverlay(wanted)
    // A part that the server does not have is offered by a reload.
    if (!missingParts.areThere()) {
      tell({ text: t('This part of the app is not loaded, and the server cannot be reached.') })
    }
  }
  return { overlay, show: (wanted: Overlay | null) => void show(wanted) }
}

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
  const [dialog, setDialog] = useState<ReactNode>(null)
  const closeDialog = () => setDialog(null)
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
  const act = (action: SessionAction, session: Session) =>
    setDialog(<SessionDialog action={action} session={session} onClose={closeDialog} />)
  const leave = async (): Promise<void> => {
    closeDialog()
    const { signOut } = await import('./sign-in/sign-out.ts')
    await signOut()
  }
  return (
    <>
      {shown === 'palette' && (
        <Palette
          onClose={close}
          dialogs={{
            showShortcuts: () => onShow('shortcuts'),
            act,
            newProject: () => setDialog(<ProjectDialog project={null} onClose={closeDialog} />),
            askToSignOut: () =>
              setDialog(
                <UnsentDialog
                  onClose={closeDialog}
                  onSignOut={() => void leave().catch(tellFailure)}
                />,
              ),
          }}
        />
      )}
      {shown === 'shortcuts' && <ShortcutsDialog onClose={close} />}
      {dialog}
    </>
  )
}
