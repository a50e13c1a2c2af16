import { useSyncExternalStore } from 'react'
import { useLanguage } from '../../language/language.ts'
import { t } from '../../language/t.ts'
import { Button } from '../controls/button.tsx'
import { missingParts } from './missing-parts.ts'

/** Offers the reload that brings a part which the server no longer has. Drafts and what waits survive it. */
export function MissingPartNotice() {
  useLanguage()
  const isMissing = useSyncExternalStore(missingParts.subscribe, missingParts.areThere)
  return (
    // A text is announced when it comes into an element that is there already.
    <div role="status">
      {isMissing && (
        <div className="fixed inset-x-0 bottom-32 z-50 mx-auto flex w-fit max-w-[90vw] items-center gap-3 rounded-xl border border-border bg-raised py-2 ps-4 pe-2 text-sm text-text shadow-lg">
          <p className="min-w-0">
            {t('A part of this app could not be loaded. A reload brings it; what you typed stays.')}
          </p>
          <Button onClick={() => location.reload()}>{t('Reload')}</Button>
        </div>
      )}
    </div>
  )
}
