import { Page } from './page.tsx'
import { t } from '../../language/t.ts'

/** Shown while the code of a page is loading; without a network it waits for one. */
export function OpeningPage() {
  return (
    <Page title="Throughline" hasLine={false}>
      <p role="status" className="m-auto p-6 text-sm text-muted">
        {t('Opening…')}
      </p>
    </Page>
  )
}
