import { Page } from './page.tsx'
import { t } from '../../language/t.ts'

/** In place of a page whose program is on its way; without a network it waits for one. */
export function OpeningPage() {
  return (
    <Page title="Throughline" hasLine={false}>
      <p role="status" className="m-auto p-6 text-sm text-muted">
        {t('Opening…')}
      </p>
    </Page>
  )
}
