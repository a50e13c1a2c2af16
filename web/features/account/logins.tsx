import { trpc } from '../../client.ts'
import { Button } from '../../ui/controls/button.tsx'
import { NotLoaded } from '../../ui/loading/not-loaded.tsx'
import { nameOfBrowser } from './name-of-browser.ts'
import { useRowFocus } from '../../ui/use-row-focus.ts'
import { t } from '../../language/t.ts'
import { formatMoment } from '../../language/amounts.ts'

/** The person's logins, each with a button that ends it. */
export function Logins() {
  const utils = trpc.useUtils()
  const { data, error, refetch } = trpc.logins.list.useQuery(undefined, { staleTime: 0 })
  const revoke = trpc.logins.revoke.useMutation({
    onSettled: () => utils.logins.list.invalidate(),
  })
  const list = useRowFocus(data?.length ?? 0)
  if (error && !data) {
    return <NotLoaded reason={error.message} onRetry={() => void refetch()} />
  }
  return (
    <>
      <ul ref={list} aria-label={t('Logins')} className="grid gap-2">
        {data?.map((login) => (
          <li
            key={login.id}
            className="flex items-center gap-3 rounded-xl border border-border py-2 pe-2 ps-3 text-sm"
          >
            <span className="min-w-0 flex-1">
              <span className="block truncate" title={login.userAgent ?? undefined}>
                {nameOfBrowser(login.userAgent)}
                {login.current && <span className="text-accent">{` · ${t('this one')}`}</span>}
              </span>
              <span className="block text-xs wrap-anywhere text-muted">
                {login.address ?? t('unknown address')}
                {` · ${t('last seen {when}', { when: formatMoment(login.lastSeenAt) })}`}
              </span>
            </span>
            {!login.current && (
              <Button
                aria-label={t('Sign out {browser}, last seen {when}', {
                  browser: nameOfBrowser(login.userAgent),
                  when: formatMoment(login.lastSeenAt),
                })}
                aria-disabled={revoke.isPending}
                onClick={() => !revoke.isPending && revoke.mutate({ id: login.id })}
              >
                {t('Sign out')}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {revoke.error && (
        <p role="alert" className="text-sm text-danger">
          {t('That login was not ended: {reason}', { reason: revoke.error.message })}
        </p>
      )}
    </>
  )
}
