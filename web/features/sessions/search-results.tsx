import { Link } from '@tanstack/react-router'
import { trpc } from '../../client.ts'
import { Button } from '../../ui/controls/button.tsx'
import { Highlighted } from '../../ui/highlighted.tsx'
import { areGuesses } from './guessed-hits.ts'
import { hitGroups } from './hit-groups.ts'
import type { HitGroup } from './hit-groups.ts'
import { plainHit } from './plain-hit.ts'
import { sessionTitle } from './session-title.ts'
import { t } from '../../language/t.ts'

/** The results of a search: sessions by title, and under each the messages with hits. */
export default function SearchResults({
  query,
  onChoose,
}: {
  query: string
  onChoose: (() => void) | undefined
}) {
  const { data, isPending, isError, isPlaceholderData, refetch } = trpc.sessions.search.useQuery(
    { query, limit: 50 },
    // Each key press searches again; the previous results stay until the new ones arrive.
    { placeholderData: (previous) => previous, staleTime: 0 },
  )
  if (isError) {
    return (
      <div className="grid gap-2 px-2 pt-6 text-sm text-muted">
        <p>{t('The search did not work.')}</p>
        <Button onClick={() => void refetch()}>{t('Try again')}</Button>
      </div>
    )
  }
  if (isPending) return null
  const groups = hitGroups(data)
  const isGuessed = !isPlaceholderData && areGuesses(query, data)
  const isSaid = isGuessed || groups.length === 0
  return (
    <>
      <p role="status" className={isSaid ? 'px-2 pt-6 text-sm text-muted' : 'sr-only'}>
        {isGuessed
          ? t('Nothing found for “{typed}”, but for words that are spelled alike.', {
              typed: query,
            })
          : groups.length > 0
            ? foundText(groups.length)
            : t('Nothing found for “{typed}”.', { typed: query })}
      </p>
      <ul aria-label={t('Search results')} className="grid gap-3 pt-3">
        {groups.map((group) => (
          <Result key={group.sessionId} group={group} onChoose={onChoose} />
        ))}
      </ul>
    </>
  )
}

function foundText(count: number): string {
  return t('{count, plural, one {Found in one session} other {Found in # sessions}}', { count })
}

const place =
  'block rounded-lg px-2 py-1 hover:bg-hover aria-[current=page]:bg-hover transition-colors duration-150'

function Result({ group, onChoose }: { group: HitGroup; onChoose: (() => void) | undefined }) {
  const title = sessionTitle(group)
  return (
    <li>
      <Link
        to="/s/$id"
        params={{ id: group.sessionId }}
        activeOptions={{ exact: true, explicitUndefined: true }}
        onClick={onChoose}
        className={`${place} truncate text-sm font-medium`}
      >
        <bdi>{title}</bdi>
      </Link>
      {group.hits.map((hit) => {
        const { messageId } = hit
        const { snippet, highlights } = messageId === null ? hit : plainHit(hit)
        const text = <Highlighted text={snippet} ranges={highlights} />
        if (messageId === null) {
          return snippet === title ? null : (
            <p key="session" className="px-2 text-xs leading-5 wrap-anywhere text-muted">
              {text}
            </p>
          )
        }
        return (
          <Link
            key={messageId}
            to="/s/$id"
            params={{ id: group.sessionId }}
            search={{ message: messageId }}
            // Choosing a hit again scrolls to it again.
            state={({ asked = 0 }) => ({ asked: asked + 1 })}
            onClick={onChoose}
            className={`${place} text-xs leading-5 text-muted`}
          >
            <span className="line-clamp-3 wrap-anywhere">{text}</span>
          </Link>
        )
      })}
    </li>
  )
}
