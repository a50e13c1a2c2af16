/** The outcome of an attempt. Screen readers announce a failure at once (`alert`), a success politely (`status`). */
export function Outcome({ error, done }: { error: string | null; done?: string | null }) {
  return (
    <>
      {error !== null && (
        <p role="alert" className="text-sm wrap-anywhere text-danger">
          {/* The server speaks English, whichever way the page runs. */}
          <bdi>{error}</bdi>
        </p>
      )}
      <p role="status" className="text-sm wrap-anywhere text-muted empty:hidden">
        {done ?? ''}
      </p>
    </>
  )
}
