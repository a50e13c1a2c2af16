import { Plus, Tag, X } from 'lucide-react'
import { useState } from 'react'
import type { Session } from '../../../../shared/contract/session.ts'
import { dropTarget, useDraggedSession } from '../../../ui/dragged-session.ts'
import { lazyPart } from '../../../ui/loading/lazy-part.tsx'
import { t } from '../../../language/t.ts'
import { chosenTag, useChosenTag } from './chosen-tag.ts'
import { useAddTag, useTags } from './use-tags.ts'

const TagsDialog = lazyPart(() => import('./tags-dialog.tsx'))

/** The tags in the sidebar: a press shows their sessions alone, and a session that is dropped on one gets it. */
export function TagList() {
  const tags = useTags()
  const chosen = useChosenTag()
  const dragged = useDraggedSession()
  const addTag = useAddTag()
  const [isNewFor, setNewFor] = useState<Session | null>(null)
  // A chosen tag stays in the list after its last session has lost it, so that the choice can be cancelled.
  const names = tags.map(({ name }) => name)
  const shown = chosen === null || names.includes(chosen) ? names : [...names, chosen]
  if (shown.length === 0 && !dragged && !isNewFor) return null
  return (
    <div role="group" aria-label={t('Tags')}>
      <h2 className="px-2 pt-4 pb-1 text-xs font-medium text-muted">{t('Tags')}</h2>
      <ul className="flex flex-wrap gap-1 px-1 pt-0.5">
        {shown.map((name) => (
          <li key={name} className="min-w-0">
            <button
              type="button"
              aria-pressed={name === chosen}
              onClick={() => chosenTag.set(name === chosen ? null : name)}
              className={`${chip} aria-pressed:border-accent aria-pressed:text-accent`}
              {...dropTarget((session) => addTag(session, name))}
            >
              {name === chosen ? (
                <X aria-hidden size={12} className="shrink-0" />
              ) : (
                <Tag aria-hidden size={12} className="shrink-0" />
              )}
              <bdi className="truncate">{name}</bdi>
            </button>
          </li>
        ))}
        {dragged && (
          <li>
            <span className={`${chip} border-dashed`} {...dropTarget(setNewFor)}>
              <Plus aria-hidden size={12} className="shrink-0" />
              {t('New tag')}
            </span>
          </li>
        )}
      </ul>
      {isNewFor && <TagsDialog session={isNewFor} onClose={() => setNewFor(null)} />}
    </div>
  )
}

const chip =
  'flex min-h-7 max-w-full cursor-pointer items-center gap-1.5 rounded-full border border-border px-2.5 text-xs text-muted transition-colors duration-150 hover:bg-hover hover:text-text data-over:border-accent data-over:bg-hover data-over:text-text pointer-coarse:min-h-9'
