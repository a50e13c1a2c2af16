import { Link } from '@tanstack/react-router'
import { useStore, useThroughline } from '../../../shared/react/index.ts'
import { t } from '../../language/t.ts'

/** Sessions whose first message still waits: the server does not know them, so that no list has them. */
export function WaitingSessions({ onChoose }: { onChoose: (() => void) | undefined }) {
  const { outbox } = useThroughline()
  const waiting = useStore(outbox, (entries) => entries.filter((entry) => entry.session !== null))
  const first = new Map(waiting.toReversed().map((entry) => [entry.sessionId, entry]))
  if (first.size === 0) return null
  return (
    <div role="group" aria-label={t('Not sent yet')}>
      <h2 className="px-2 pt-4 pb-1 text-xs font-medium text-muted">{t('Not sent yet')}</h2>
      <ul>
        {[...first.values()].map(({ sessionId, text, files }) => (
          <li key={sessionId} className="rounded-lg hover:bg-hover">
            <Link
              to="/s/$id"
              params={{ id: sessionId }}
              onClick={onChoose}
              className="block rounded-lg px-2 py-1.5 text-sm leading-6 text-muted aria-[current=page]:bg-hover aria-[current=page]:font-medium"
            >
              <bdi className="block truncate text-match-parent">
                {text.trim().slice(0, 80) || files[0]?.name}
              </bdi>
            </Link>
          </li>
        ))}
      </ul>
    </div>
  )
}
