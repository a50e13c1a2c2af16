import { UsageView } from '../../features/usage/usage-view.tsx'
import { Page, Column } from './page.tsx'
import { useLanguage } from '../../language/language.ts'
import { t } from '../../language/t.ts'

export function UsagePage() {
  useLanguage()
  return (
    <Page title={t('Usage')} hasLine={false}>
      <Column>
        <UsageView />
      </Column>
    </Page>
  )
}
