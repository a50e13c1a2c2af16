import { Suspense, lazy, useSyncExternalStore } from 'react'
import { previews } from '../ui/preview/previews.ts'
import { loaded } from '../ui/loaded.ts'

const PreviewPanel = lazy(() => loaded(() => import('../ui/preview/preview-panel.tsx')))

/** The place of a preview beside the page. */
export function PreviewSlot() {
  const preview = useSyncExternalStore(previews.subscribe, previews.get)
  return (
    preview && (
      <Suspense>
        <PreviewPanel preview={preview} />
      </Suspense>
    )
  )
}
