import { useSyncExternalStore } from 'react'
import { ErrorBoundary } from '../loading/error-boundary.tsx'
import { lazyPart } from '../loading/lazy-part.tsx'
import { whenIdle } from '../loading/when-idle.ts'
import { notices } from './notice.ts'

const NoticeView = lazyPart(() => import('./notice-view.tsx'))
// It may have to say that there is no network.
whenIdle(NoticeView.preload)

/** The place of notices over the page. */
export function NoticeSlot() {
  const notice = useSyncExternalStore(notices.subscribe, notices.get)
  return (
    notice && (
      // A notice that cannot be drawn must not break the page. Each finds its place anew: a dialog may have opened
      // or closed since the one before.
      <ErrorBoundary key={notice.count} fallback={null}>
        <NoticeView notice={notice} />
      </ErrorBoundary>
    )
  )
}
