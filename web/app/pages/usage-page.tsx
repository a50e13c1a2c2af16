import { UsageView } from '../../features/usage/usage-view.tsx'
import { Page, Column } from './page.tsx'

export function UsagePage() {
  return (
    <Page title="Usage" hasLine={false}>
      <Column>
        <UsageView />
      </Column>
    </Page>
  )
}
