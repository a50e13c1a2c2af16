import { Menu } from 'lucide-react'
import { use, useSyncExternalStore } from 'react'
import type { ReactNode } from 'react'
import { mark } from '../../features/attention/mark.ts'
import { ConnectionStatus } from '../../features/connection/connection-status.tsx'
import { IconButton } from '../../ui/controls/icon-button.tsx'
import { SheetContext } from '../sheet-context.ts'
import { t } from '../../language/t.ts'

/** The frame of a page: a header, and below it, with a conversation, the vertical line down to the message box. */
export function Page(props: {
  title: string
  actions?: ReactNode
  hasLine?: boolean
  children: ReactNode
}) {
  const { hasLine = true } = props
  const openSheet = use(SheetContext)
  const sign = useSyncExternalStore(mark.subscribe, mark.get)
  const name = props.title === 'Throughline' ? props.title : `${props.title} · Throughline`
  return (
    <main className="flex min-w-0 flex-1 flex-col">
      <title>{sign + name}</title>
      <header className="flex h-14 shrink-0 items-center gap-2 px-3 sm:px-5">
        {openSheet && (
          <IconButton
            data-toggles-sidebar
            label={t('Show sessions')}
            className="-ms-1 size-9"
            onClick={openSheet}
          >
            <Menu aria-hidden size={18} />
          </IconButton>
        )}
        {/* With a direction of its own, so that it is its end that is cut off. */}
        <h1 dir="auto" className="min-w-0 truncate text-sm font-medium">
          {props.title}
        </h1>
        {props.actions}
        <div className="ms-auto shrink-0 ps-3">
          <ConnectionStatus />
        </div>
      </header>
      <div className="relative flex min-h-0 flex-1 flex-col">
        {hasLine && <LineAhead />}
        {props.children}
      </div>
    </main>
  )
}

/** The scrolling content of a page without a conversation. */
export function Column({ children }: { children: ReactNode }) {
  return (
    // Positioned, since texts for screen readers alone are placed in it: else they make the window scroll.
    <div className="relative min-h-0 flex-1 overflow-y-auto">
      <div className="mx-auto w-full max-w-3xl px-4 pt-2 pb-16 sm:px-6">{children}</div>
    </div>
  )
}

/** The continuation of the vertical line: faint, over the whole height, behind the conversation. */
function LineAhead() {
  return (
    <div aria-hidden className="pointer-events-none absolute inset-0">
      <div className="mx-auto h-full w-full max-w-3xl px-4 sm:px-6">
        <div className="line line-ahead relative h-full" />
      </div>
    </div>
  )
}

/** The bottom of a page, with the same vertical line as the conversation. */
export function Foot({ children }: { children: ReactNode }) {
  return (
    <div className="relative mx-auto w-full max-w-3xl bg-bg px-2 pb-[max(0.75rem,env(safe-area-inset-bottom))] sm:px-4">
      {children}
    </div>
  )
}
