import { Button } from '../../ui/controls/button.tsx'
import { useLanguage } from '../../language/language.ts'
import { t } from '../../language/t.ts'

/** Shown in place of a page that failed to render. No data is lost, because conversations are stored on the server. */
export function ErrorPage({ error }: { error: unknown }) {
  useLanguage()
  return (
    <main className="m-auto grid max-w-sm gap-3 p-6 text-center">
      <h1 className="font-semibold">{t('This page could not be shown')}</h1>
      <p role="alert" className="text-sm wrap-anywhere text-muted">
        {error instanceof Error ? error.message : t('The reason is unknown.')}
      </p>
      <div>
        <Button kind="primary" onClick={() => location.reload()}>
          {t('Reload the page')}
        </Button>
      </div>
    </main>
  )
}
