import { Page, Column } from './page.tsx'

export function AdminPage() {
  return (
    <Page title="Administration" hasLine={false}>
      <Column>
        <p>…</p>
      </Column>
    </Page>
  )
}
