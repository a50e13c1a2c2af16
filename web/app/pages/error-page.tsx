import { Button } from '../../ui/button.tsx'

/** Shown in place of a page that failed to render. No data is lost, because conversations are stored on the server. */
export function ErrorPage({ error }: { error: unknown }) {
  return (
    <main className="m-auto grid max-w-sm gap-3 p-6 text-center">
      <h1 className="font-semibold">This page could not be shown</h1>
      <p role="alert" className="text-sm wrap-anywhere text-muted">
        {error instanceof Error ? error.message : 'The reason is unknown.'}
      </p>
      <div>
        <Button kind="primary" onClick={() => location.reload()}>
          Reload the page
        </Button>
      </div>
    </main>
  )
}
