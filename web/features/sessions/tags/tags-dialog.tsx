import { X } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { MAX_TAGS, MAX_TAG_LENGTH } from '../../../../shared/contract/tags.ts'
import type { Session } from '../../../../shared/contract/session.ts'
import { trpc } from '../../../client.ts'
import { Button } from '../../../ui/controls/button.tsx'
import { TextField } from '../../../ui/controls/text-field.tsx'
import { t } from '../../../language/t.ts'
import { FormDialog } from '../dialogs/form-dialog.tsx'
import { useTags } from './use-tags.ts'
import { withTag } from './with-tag.ts'

/**
 * The tags of a session: its own, those of other sessions, and a new one. It serves keyboards and phones, which cannot
 * drag.
 */
export default function TagsDialog({
  session,
  onClose,
}: {
  session: Session
  onClose: () => void
}) {
  const before = session.tags ?? []
  const known = useTags().map(({ name }) => name)
  const [tags, setTags] = useState<readonly string[]>(before)
  const [typed, setTyped] = useState('')
  const box = useRef<HTMLInputElement>(null)
  // A dialog gives the focus to its first control, which would remove a tag.
  useEffect(() => box.current?.focus(), [])
  const utils = trpc.useUtils()
  const update = trpc.sessions.update.useMutation({
    onSuccess: () => {
      void utils.sessions.tags.invalidate()
      onClose()
    },
  })
  const wanted = withTag(tags, typed, known)
  const offered = known.filter((name) => !tags.includes(name))
  const isFull = tags.length >= MAX_TAGS
  return (
    <FormDialog
      label={t('Tags')}
      error={update.error?.message}
      isChanged={wanted.join('\n') !== before.join('\n')}
      onClose={onClose}
      onSubmit={() => update.mutate({ id: session.id, tags: wanted })}
      confirm={
        <Button kind="primary" type="submit" disabled={update.isPending}>
          {t('Save')}
        </Button>
      }
    >
      {tags.length > 0 && (
        <ul aria-label={t('Tags of the session')} className="flex flex-wrap gap-1.5">
          {tags.map((tag) => (
            <li key={tag} className="min-w-0">
              <button
                type="button"
                aria-label={t('Remove the tag {tag}', { tag })}
                onClick={() => setTags(tags.filter((other) => other !== tag))}
                className={`${chip} border-accent`}
              >
                <bdi className="truncate">{tag}</bdi>
                <X aria-hidden size={13} className="shrink-0 text-muted" />
              </button>
            </li>
          ))}
        </ul>
      )}
      <div className="flex items-end gap-2">
        <TextField
          label={t('New tag')}
          className="flex-1"
          value={typed}
          maxLength={MAX_TAG_LENGTH}
          disabled={isFull}
          ref={box}
          onChange={(event) => setTyped(event.target.value)}
        />
        <Button
          className="h-10"
          disabled={wanted.length === tags.length}
          onClick={() => {
            setTags(wanted)
            setTyped('')
          }}
        >
          {t('Add')}
        </Button>
      </div>
      {isFull && (
        <p className="text-xs text-muted">
          {t('A session has {count, number} tags at most.', { count: MAX_TAGS })}
        </p>
      )}
      {offered.length > 0 && !isFull && (
        <div className="grid gap-1.5">
          <h3 className="text-xs font-medium text-muted">{t('Tags of other sessions')}</h3>
          <ul className="flex max-h-40 flex-wrap gap-1.5 overflow-y-auto">
            {offered.map((tag) => (
              <li key={tag} className="min-w-0">
                <button
                  type="button"
                  aria-label={t('Add the tag {tag}', { tag })}
                  onClick={() => setTags(withTag(tags, tag, known))}
                  className={`${chip} border-border`}
                >
                  <bdi className="truncate">{tag}</bdi>
                </button>
              </li>
            ))}
          </ul>
        </div>
      )}
    </FormDialog>
  )
}

const chip =
  'flex min-h-8 max-w-full cursor-pointer items-center gap-1.5 rounded-full border px-3 text-sm hover:bg-hover pointer-coarse:min-h-9'
