import { trpc } from '../../client.ts'
import { Button } from '../../ui/button.tsx'
import { formatMoment } from '../../ui/moment.ts'
import { nameOfBrowser } from './name-of-browser.ts'

/** Where one is signed in, each with a button that ends it. */
export function Logins() {
  const utils = trpc.useUtils()
  const { data, error } = trpc.logins.list.useQuery(undefined, { staleTime: 0 })
  const revoke = trpc.logins.revoke.useMutation({
    onSettled: () => utils.logins.list.invalidate(),
  })
  if (error) return <p className="text-sm text-muted">This could not be loaded: {error.message}</p>
  return (
    <>
      <ul aria-label="Logins" className="grid gap-2">
        {data?.map((login) => (
          <li
            key={login.id}
            className="flex items-center gap-3 rounded-xl border border-border py-2 pr-2 pl-3 text-sm"
          >
            <span className="min-w-0 flex-1">
              <span className="block truncate" title={login.userAgent ?? undefined}>
                {nameOfBrowser(login.userAgent)}
                {login.current && <span className="text-accent"> · this one</span>}
              </span>
              <span className="block truncate text-xs text-muted">
                {login.address ?? 'unknown address'} · last seen {formatMoment(login.lastSeenAt)}
              </span>
            </span>
            {!login.current && (
              <Button
                aria-label={`Sign out ${nameOfBrowser(login.userAgent)}, last seen ${formatMoment(login.lastSeenAt)}`}
                disabled={revoke.isPending}
                onClick={() => revoke.mutate({ id: login.id })}
              >
                Sign out
              </Button>
            )}
          </li>
        ))}
      </ul>
      {revoke.error && (
        <p role="alert" className="text-sm text-danger">
          That login was not ended: {revoke.error.message}
        </p>
      )}
    </>
  )
}
