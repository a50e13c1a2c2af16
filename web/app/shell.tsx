import { Link, useNavigate } from '@tanstack/react-router'
import { ChartNoAxesColumn, Command, PanelLeftClose, Settings, ShieldCheck } from 'lucide-react'
import { useCallback, useState, useSyncExternalStore } from 'react'
import type { ReactNode } from 'react'
import { useConnection } from '../../shared/react/index.ts'
import { focusMessageBox } from '../features/messages/composer/message-box.ts'
import { UpdateNotice } from './update-notice.tsx'
import { ProjectLinks } from '../features/projects/project-links.tsx'
import { SessionList } from '../features/sessions/session-list.tsx'
import { useSessionsChanges } from '../features/sessions/use-sessions.ts'
import { useToolsChanges } from '../features/tools/use-tools-changes.ts'
import { Dialog } from '../ui/dialog/dialog.tsx'
import { IconButton } from '../ui/controls/icon-button.tsx'
import { NoticeSlot } from '../ui/notices/notice-slot.tsx'
import { useIsWide } from '../ui/use-media-query.ts'
import { Overlays, useOverlay } from './overlays.tsx'
import { PreviewSlot } from './preview-slot.tsx'
import { SheetContext } from './sheet-context.ts'
import { sidebar } from './sidebar.ts'
import { useAccounts, useSamePerson } from './use-accounts.ts'
import { modifier } from './use-shortcuts.ts'
import { Wordmark } from './wordmark.tsx'
import { lazyPart } from '../ui/loading/lazy-part.tsx'
import { useLanguage } from '../language/language.ts'
import { t } from '../language/t.ts'

const Attention = lazyPart(() => import('./attention.tsx'))
const GuestBanner = lazyPart(() => import('./guest-banner.tsx'))
const NotKeptNotice = lazyPart(() => import('./not-kept-notice.tsx'))
const PersonBar = lazyPart(() => import('./person-bar.tsx'))

/** The layout around every page: the sessions in a sidebar that can be hidden, or in a sheet on narrow screens. */
export function Shell({ children }: { children: ReactNode }) {
  useLanguage()
  useSessionsChanges()
  useToolsChanges()
  useSamePerson()
  const { isGuest } = useAccounts()
  const { status } = useConnection()
  const isWide = useIsWide()
  const isHidden = useSyncExternalStore(sidebar.subscribe, sidebar.isHidden)
  const { overlay, show } = useOverlay()
  const [isSheetOpen, setSheetOpen] = useState(false)
  const openSheet = useCallback(() => setSheetOpen(true), [])
  return (
    <div data-connection={status} className="flex h-dvh">
      <button
        type="button"
        onClick={skipToMain}
        className="sr-only focus-visible:not-sr-only focus-visible:fixed focus-visible:top-2 focus-visible:start-2 focus-visible:z-50 focus-visible:rounded-lg focus-visible:bg-raised focus-visible:px-4 focus-visible:py-2 focus-visible:shadow-lg"
      >
        {t('Skip to the page')}
      </button>
      {isWide && !isHidden && (
        <aside className="flex w-68 shrink-0 flex-col border-e border-border bg-side">
          <Sessions onPalette={() => show('palette')} onHide={sidebar.toggle} />
        </aside>
      )}
      {!isWide && isSheetOpen && (
        <Dialog
          label={t('Sessions')}
          onClose={() => setSheetOpen(false)}
          className="m-0 h-dvh max-h-none w-[min(20rem,86vw)] max-w-none animate-[slide-in_180ms_cubic-bezier(0.2,0.8,0.2,1)] border-0 border-e border-border bg-side p-0 text-text shadow-2xl"
        >
          <div className="flex h-full flex-col">
            <Sessions
              onPalette={() => {
                setSheetOpen(false)
                show('palette')
              }}
              onChoose={() => setSheetOpen(false)}
            />
          </div>
        </Dialog>
      )}
      <SheetContext value={!isWide ? openSheet : isHidden ? sidebar.toggle : null}>
        <div className="flex min-w-0 flex-1 flex-col">
          {isGuest && <GuestBanner />}
          <div className="flex min-h-0 flex-1">
            {children}
            <PreviewSlot />
          </div>
        </div>
      </SheetContext>
      <Attention />
      <NoticeSlot />
      <Overlays shown={overlay} onShow={show} onSessions={isWide ? sidebar.toggle : openSheet} />
    </div>
  )
}

/** Skips the list of sessions: to the message box, or on other pages to the main part. */
function skipToMain(): void {
  focusMessageBox()
  const main = document.querySelector('main')
  if (main?.contains(document.activeElement)) return
  main?.setAttribute('tabindex', '-1')
  main?.focus()
}

function Sessions({
  onPalette,
  onHide,
  onChoose,
}: {
  onPalette: () => void
  /** Hides the sidebar; absent in a sheet, which closes by itself. */
  onHide?: () => void
  onChoose?: () => void
}) {
  const navigate = useNavigate()
  const { hasAccounts, isAdmin } = useAccounts()
  return (
    <>
      <div className="flex h-14 shrink-0 items-center px-5">
        <Wordmark />
        <IconButton
          label={t('Command palette')}
          title={t('Command palette ({keys})', { keys: `${modifier} K` })}
          className="-me-2 ms-auto"
          onClick={onPalette}
        >
          <Command aria-hidden size={15} />
        </IconButton>
        {onHide && (
          <IconButton
            data-toggles-sidebar
            label={t('Hide sessions')}
            title={t('Hide sessions ({keys})', { keys: `${modifier} Shift S` })}
            className="ms-2 -me-2"
            onClick={onHide}
          >
            <PanelLeftClose aria-hidden size={16} className="rtl:-scale-x-100" />
          </IconButton>
        )}
      </div>
      <SessionList
        onChoose={onChoose}
        onNew={() => {
          onChoose?.()
          void navigate({ to: '/' }).then(focusMessageBox)
        }}
      >
        <ProjectLinks onChoose={onChoose} />
      </SessionList>
      <UpdateNotice />
      <NotKeptNotice />
      <nav aria-label={t('Pages')} className="flex shrink-0 gap-1 border-t border-border p-2">
        <Link to="/usage" onClick={onChoose} className={pageLink}>
          <ChartNoAxesColumn aria-hidden size={15} />
          {t('Usage')}
        </Link>
        <Link to="/settings" onClick={onChoose} className={pageLink}>
          <Settings aria-hidden size={15} />
          {t('Settings')}
        </Link>
        {isAdmin && (
          <Link to="/admin" onClick={onChoose} className={pageLink}>
            <ShieldCheck aria-hidden size={15} />
            {t('Admin')}
          </Link>
        )}
      </nav>
      {hasAccounts && <PersonBar />}
    </>
  )
}

const pageLink =
  'flex min-h-8 flex-auto items-center justify-center gap-1.5 rounded-lg px-1 text-sm text-muted transition-colors duration-150 hover:bg-hover hover:text-text aria-[current=page]:bg-hover aria-[current=page]:text-text'
