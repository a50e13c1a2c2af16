import { Link } from '@tanstack/react-router'
import { EyeOff, Search, SquarePen, X } from 'lucide-react'
import { useDeferredValue, useState } from 'react'
import type { ReactNode } from 'react'
import type { Client } from '../../../shared/client/index.ts'
import type { Session } from '../../../shared/contract/session.ts'
import { useThroughline } from '../../../shared/react/index.ts'
import { Button } from '../../ui/controls/button.tsx'
import { dragSource, useDraggedSession } from '../../ui/dragged-session.ts'
import { IconButton } from '../../ui/controls/icon-button.tsx'
import { useRowFocus } from '../../ui/use-row-focus.ts'
import { useToday } from '../../ui/use-today.ts'
import { groupByDay } from './group-by-day.ts'
import { SessionActions } from './session-actions.tsx'
import { sessionTitle } from './session-title.ts'
import { useChosenTag } from './tags/chosen-tag.ts'
import { TagList } from './tags/tag-list.tsx'
import { useSessions } from './use-sessions.ts'
import { WaitingSessions } from './waiting-sessions.tsx'
import { lazyPart } from '../../ui/loading/lazy-part.tsx'
import { t } from '../../language/t.ts'

const SearchResults = lazyPart(() => import('./search-results.tsx'))

/**
 * All sessions by day, with a search.
 * @param props.onChoose called when a session or a new one is chosen; closes the sheet
 */
export function SessionList(props: {
  onNew: () => void
  onChoose?: () => void
  /** Above the sessions: takes dropped ones. */
  children?: ReactNode
}) {
  const today = useToday()
  const [search, setSearch] = useState('')
  const query = useDeferredValue(search.trim())
  const tag = useChosenTag()
  const { sessions, isPending, isError, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } =
    useSessions(tag)
  return (
    <nav aria-label={t('Sessions')} className="flex min-h-0 flex-1 flex-col">
      <div className="grid gap-2 px-3 pb-2">
        <Button kind="quiet" className="w-full bg-raised" onClick={props.onNew}>
          <SquarePen aria-hidden size={15} className="text-accent" />
          {t('New session')}
        </Button>
        <SearchBox value={search} onChange={setSearch} />
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto px-2 pb-4" hidden={query === ''}>
        {query !== '' && <SearchResults query={query} onChoose={props.onChoose} />}
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto px-2 pb-4" hidden={query !== ''}>
        <DropTargets>
          {props.children}
          <TagList />
        </DropTargets>
        {tag === null && <WaitingSessions onChoose={props.onChoose} />}
        {groupByDay(sessions, today).map((group) => (
          <div key={group.label} role="group" aria-label={group.label}>
            <h2 className="px-2 pt-4 pb-1 text-xs font-medium text-muted">{group.label}</h2>
            <SessionRowsOfDay sessions={group.sessions} onChoose={props.onChoose} />
          </div>
        ))}
        {sessions.length === 0 && !isPending && !isError && (
          <p className="px-2 pt-6 text-sm text-muted">
            {tag === null
              ? t('Your sessions will be listed here.')
              : t('No session has the tag “{tag}”.', { tag })}
          </p>
        )}
        {isError && sessions.length === 0 && (
          <div className="grid gap-2 px-2 pt-6 text-sm text-muted">
            <p>{t('The sessions could not be loaded.')}</p>
            <Button onClick={() => void refetch()}>{t('Try again')}</Button>
          </div>
        )}
        {hasNextPage && (
          <Button
            className="mt-3 w-full"
            disabled={isFetchingNextPage}
            onClick={() => void fetchNextPage()}
          >
            {t('Older sessions')}
          </Button>
        )}
      </div>
    </nav>
  )
}

/** While a session is dragged, what it can be dropped on stays in reach from anywhere in the list. */
function DropTargets({ children }: { children: ReactNode }) {
  const dragged = useDraggedSession()
  return (
    <div
      className={
        dragged
          ? // Each kind has a height of its own: many projects leave room for the tags.
            'sticky top-0 z-10 bg-side *:-mx-1 *:max-h-[25dvh] *:overflow-y-auto *:px-1 *:pb-1'
          : undefined
      }
    >
      {children}
    </div>
  )
}

function SearchBox({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  return (
    <div className="relative">
      <Search
        aria-hidden
        size={14}
        className="absolute top-1/2 start-2.5 -translate-y-1/2 text-muted"
      />
      <input
        type="search"
        aria-label={t('Search sessions')}
        dir="auto"
        placeholder={t('Search')}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        className="h-9 w-full appearance-none rounded-lg border border-transparent bg-hover pe-8 ps-8 text-base placeholder:text-muted md:h-8 md:text-sm [&::-webkit-search-cancel-button]:hidden"
      />
      {value !== '' && (
        <IconButton
          label={t('Clear search')}
          onClick={() => onChange('')}
          className="absolute top-1/2 end-0.5 size-7 -translate-y-1/2"
        >
          <X aria-hidden size={14} />
        </IconButton>
      )}
    </div>
  )
}

function SessionRowsOfDay(props: {
  sessions: readonly Session[]
  onChoose: (() => void) | undefined
}) {
  const { sessions, onChoose } = props
  const list = useRowFocus(sessions.length)
  return (
    <ul ref={list}>
      {sessions.map((session) => (
        <SessionRow key={session.id} session={session} onChoose={onChoose} />
      ))}
    </ul>
  )
}

/** A press is shorter than this. Milliseconds. */
const PRESSED_MS = 1_000

/** Begins to watch a session that is about to be opened: its page finds the watch under way. */
function beginReading(client: Client, id: string): void {
  setTimeout(
    client.session(id).store.subscribe(() => undefined),
    PRESSED_MS,
  )
}

function SessionRow({
  session,
  onChoose,
}: {
  session: Session
  onChoose: (() => void) | undefined
}) {
  const client = useThroughline()
  return (
    <li
      className="group/row relative flex items-center rounded-lg hover:bg-hover has-[a[aria-current=page]]:bg-hover"
      {...dragSource(session)}
    >
      {session.running && (
        <span
          role="img"
          aria-label={session.waiting ? t('Waiting for you') : t('Answering')}
          // In the margin of the row, so that its title does not move.
          className={`absolute start-0 size-[5px] rounded-full ${session.waiting ? 'outline-2 -outline-offset-1 outline-accent' : 'animate-pulse bg-accent group-has-[a[aria-current=page]]/row:animate-none'}`}
        />
      )}
      <Link
        to="/s/$id"
        params={{ id: session.id }}
        onPointerDown={({ pointerType, button }) => {
          // Not of a finger, which may only scroll the list.
          if (pointerType === 'mouse' && button === 0) beginReading(client, session.id)
        }}
        onClick={onChoose}
        className="flex min-w-0 flex-1 items-center rounded-lg py-1.5 pe-2 ps-2 text-sm group-hover/row:pe-9 group-has-[button:focus-visible]/row:pe-9 pointer-coarse:pe-9 leading-6 text-text transition-[padding] duration-150 aria-[current=page]:font-medium"
      >
        {session.temporary && (
          <EyeOff aria-label={t('Temporary')} size={13} className="me-1.5 shrink-0 text-muted" />
        )}
        <span dir="auto" className="min-w-0 flex-1 truncate text-match-parent">
          {sessionTitle(session)}
        </span>
      </Link>
      <SessionActions
        session={session}
        className="absolute end-0.5 opacity-0 group-focus-within/row:opacity-100 group-hover/row:opacity-100 data-[open]:opacity-100 pointer-coarse:opacity-100"
      />
    </li>
  )
}
