import { useSyncExternalStore } from 'react'
import { Button } from '../ui/controls/button.tsx'
import { appUpdate } from '../device/app-update.ts'
import { t } from '../language/t.ts'

/** Says quietly that the server has a new version of the app. Drafts and what waits survive the reload. */
export function UpdateNotice() {
  const isThere = useSyncExternalStore(appUpdate.subscribe, appUpdate.isThere)
  if (!isThere) return null
  return (
    <div role="status" className="m-2 rounded-xl border border-border bg-raised p-3 text-sm">
      <p className="mb-2 text-muted">{t('There is a new version of this app.')}</p>
      <Button className="w-full" onClick={() => location.reload()}>
        {t('Reload')}
      </Button>
    </div>
  )
}
