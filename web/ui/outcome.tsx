/** What an attempt came to: a failure is announced at once, a success when there is time. */
export function Outcome({ error, done }: { error: string | null; done?: string | null }) {
  return (
    <>
      {error !== null && (
        <p role="alert" className="text-sm wrap-anywhere text-danger">
          {error}
        </p>
      )}
      <p role="status" className="text-sm wrap-anywhere text-muted empty:hidden">
        {done ?? ''}
      </p>
    </>
  )
}
