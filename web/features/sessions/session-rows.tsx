import { Link } from '@tanstack/react-router'
import { trpc } from '../../client.ts'
import { Button } from '../../ui/controls/button.tsx'
import { NotLoaded } from '../../ui/loading/not-loaded.tsx'
import { SessionActions } from './session-actions.tsx'
import { sessionTitle } from './session-title.ts'
import { t } from '../../language/t.ts'
import { formatDate } from '../../language/format.ts'

/** The sessions of a project, or the archived ones, newest activity first. */
export function SessionRows(props: {
  label: string
  only: { projectId: string } | { archived: true }
  none: string
}) {
  const { data, error, hasNextPage, fetchNextPage, refetch } = trpc.sessions.list.useInfiniteQuery(
    { limit: 40, ...props.only },
    { getNextPageParam: (page) => page.nextCursor, staleTime: 0 },
  )
  if (!data) {
    return error && <NotLoaded reason={error.message} onRetry={() => void refetch()} />
  }
  const sessions = data.pages.flatMap(({ items }) => items)
  if (sessions.length === 0) return <p className="text-sm text-muted">{props.none}</p>
  return (
    <>
      <ul aria-label={props.label} className="grid gap-1">
        {sessions.map((session) => (
          <li
            key={session.id}
            className="group/row flex items-center rounded-xl border border-border pe-1 hover:border-accent"
          >
            <Link
              to="/s/$id"
              params={{ id: session.id }}
              className="min-w-0 flex-1 truncate px-3.5 py-2 text-sm"
            >
              <span dir="auto" className="block truncate text-match-parent">
                {sessionTitle(session)}
              </span>
            </Link>
            <span className="px-1 text-xs text-muted tabular-nums">
              {formatDate(session.updatedAt, { dateStyle: 'medium' })}
            </span>
            <SessionActions session={session} />
          </li>
        ))}
      </ul>
      {hasNextPage && (
        <Button className="w-fit" onClick={() => void fetchNextPage()}>
          {t('Older sessions')}
        </Button>
      )}
    </>
  )
}
