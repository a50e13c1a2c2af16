import { Suspense, lazy, useSyncExternalStore } from 'react'
import { loaded } from './loaded.ts'
import { notices } from './notice.ts'

const NoticeView = lazy(() => loaded(() => import('./notice-view.tsx')))

/** The place of notices over the page. */
export function NoticeSlot() {
  const notice = useSyncExternalStore(notices.subscribe, notices.get)
  return (
    notice && (
      <Suspense>
        <NoticeView notice={notice} />
      </Suspense>
    )
  )
}
