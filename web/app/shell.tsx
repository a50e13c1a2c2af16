import { Outlet, useNavigate } from '@tanstack/react-router'
import { useCallback, useState } from 'react'
import { useConnection } from '../../shared/react/index.ts'
import { focusMessageBox } from '../features/messages/message-box.ts'
import { SessionList } from '../features/sessions/session-list.tsx'
import { useSessionsChanges } from '../features/sessions/use-sessions.ts'
import { useToolsChanges } from '../features/tools/use-tools-changes.ts'
import { Dialog } from '../ui/dialog.tsx'
import { useMediaQuery } from '../ui/use-media-query.ts'
import { SheetContext } from './sheet-context.ts'
import { Wordmark } from './wordmark.tsx'

/** What stands around every page: the sessions at the side, or in a sheet where there is no room for them. */
export function Shell() {
  useSessionsChanges()
  useToolsChanges()
  const { status } = useConnection()
  const isWide = useMediaQuery('(width >= 48rem)')
  const [isSheetOpen, setSheetOpen] = useState(false)
  const openSheet = useCallback(() => setSheetOpen(true), [])
  return (
    <div data-connection={status} className="flex h-dvh">
      {isWide && (
        <aside className="flex w-68 shrink-0 flex-col border-r border-border bg-side">
          <Sessions />
        </aside>
      )}
      {!isWide && isSheetOpen && (
        <Dialog
          label="Sessions"
          onClose={() => setSheetOpen(false)}
          className="m-0 h-dvh max-h-none w-[min(20rem,86vw)] max-w-none animate-[slide-in_180ms_cubic-bezier(0.2,0.8,0.2,1)] border-0 border-r border-border bg-side p-0 text-text shadow-2xl"
        >
          <div className="flex h-full flex-col">
            <Sessions onChoose={() => setSheetOpen(false)} />
          </div>
        </Dialog>
      )}
      <SheetContext value={isWide ? null : openSheet}>
        <Outlet />
      </SheetContext>
    </div>
  )
}

function Sessions({ onChoose }: { onChoose?: () => void }) {
  const navigate = useNavigate()
  return (
    <>
      <div className="flex h-14 shrink-0 items-center px-5">
        <Wordmark />
      </div>
      <SessionList
        onChoose={onChoose}
        onNew={() => {
          onChoose?.()
          void navigate({ to: '/' }).then(focusMessageBox)
        }}
      />
    </>
  )
}
