import { useSyncExternalStore } from 'react'
import { previews } from '../ui/preview/previews.ts'
import { lazyPart } from '../ui/loading/lazy-part.tsx'

const PreviewPanel = lazyPart(() => import('../ui/preview/preview-panel.tsx'))

/** The place of a preview beside the page. */
export function PreviewSlot() {
  const preview = useSyncExternalStore(previews.subscribe, previews.get)
  return preview && <PreviewPanel preview={preview} />
}
