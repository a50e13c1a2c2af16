import { Link2Off } from 'lucide-react'
import { basePath } from '../../../base-path.ts'
import { trpc } from '../../../client.ts'
import { CopyButton } from '../../../ui/controls/copy-button.tsx'
import { IconButton } from '../../../ui/controls/icon-button.tsx'
import { sessionTitle } from '../session-title.ts'
import { useRowFocus } from '../../../ui/use-row-focus.ts'
import { formatDate } from '../../../language/format.ts'
import { t } from '../../../language/t.ts'

export function shareUrl(token: string): string {
  return `${location.origin}${basePath}/share/${token}`
}

/**
 * The links to snapshots, each with a button to revoke it.
 * @param props.sessionId only those of this session
 * @param props.none shown when there are none
 */
export function ShareRows({ sessionId, none }: { sessionId?: string; none?: string }) {
  const utils = trpc.useUtils()
  const { data, isError } = trpc.shares.list.useQuery(
    sessionId === undefined ? {} : { sessionId },
    {
      staleTime: 0,
    },
  )
  const revoke = trpc.shares.revoke.useMutation({
    onSettled: () => utils.shares.list.invalidate(),
  })
  const list = useRowFocus(data?.shares.length ?? 0)
  if (isError) return <p className="text-sm text-muted">{t('The links could not be loaded.')}</p>
  if (!data) return null
  if (data.shares.length === 0) return none ? <p className="text-sm text-muted">{none}</p> : null
  return (
    <>
      <ul ref={list} aria-label={t('Shared links')} className="grid gap-2">
        {data.shares.map((share) => {
          const url = shareUrl(share.token)
          const made = formatDate(share.createdAt, {
            dateStyle: 'medium',
            timeStyle: 'short',
          })
          return (
            <li
              key={share.id}
              className="flex items-center gap-1 rounded-xl border border-border py-1.5 pe-1.5 ps-3"
            >
              <a href={url} target="_blank" rel="noopener" className="group min-w-0 flex-1 text-sm">
                <bdi className="block truncate text-match-parent group-hover:underline">
                  {sessionTitle(share)}
                </bdi>
                <span className="block truncate text-xs text-muted">
                  {t('As it was on {made}', { made })}
                </span>
              </a>
              <CopyButton label={t('Copy link')} text={url} />
              <IconButton
                label={t('Revoke link')}
                aria-disabled={revoke.isPending}
                onClick={() => !revoke.isPending && revoke.mutate({ token: share.token })}
              >
                <Link2Off aria-hidden size={15} />
              </IconButton>
            </li>
          )
        })}
      </ul>
      {revoke.error && (
        <p role="alert" className="text-sm text-danger">
          {t('The link was not revoked: {reason}', { reason: revoke.error.message })}
        </p>
      )}
    </>
  )
}
