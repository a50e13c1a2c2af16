import { useNavigate } from '@tanstack/react-router'
import { useSyncExternalStore } from 'react'
import { Button } from '../../../../ui/controls/button.tsx'
import AttachmentChips from '../attachments/attachment-chips.tsx'
import { attachments, beginnings, drafts } from './page-drafts.ts'
import { NEW_SESSION } from '../send-message.ts'
import { t } from '../../../../language/t.ts'

/**
 * The draft of a message box that is gone, for example of a session that was deleted elsewhere; null without one.
 * @param props.unlike a text that nobody needs back, as an editor begins with it
 */
export function LeftDraft({ draftKey, unlike }: { draftKey: string; unlike?: string }) {
  const navigate = useNavigate()
  const text = useSyncExternalStore(drafts.subscribe, () => drafts.get(draftKey))
  const files = useSyncExternalStore(attachments.subscribe, () => attachments.get(draftKey))
  if ((text.trim() === '' || text === unlike) && files.length === 0) return null

  function move(): void {
    moveDraft(draftKey, NEW_SESSION)
    void navigate({ to: '/' })
  }

  return (
    <section aria-label={t('Not sent yet')} className="grid justify-items-center gap-3 pt-3">
      <p className="text-muted">{t('What you wrote here is kept:')}</p>
      <p
        dir="auto"
        className="max-h-[40dvh] w-full overflow-y-auto text-start text-sm wrap-anywhere whitespace-pre-wrap"
      >
        {text}
      </p>
      <AttachmentChips draftKey={draftKey} />
      <Button kind="primary" onClick={move}>
        {t('Move it to a new session')}
      </Button>
    </section>
  )
}

/** Moves the draft of one box before that of another, with the settings of its session. */
function moveDraft(from: string, to: string): void {
  beginnings.move(from, to)
  const text = drafts.get(from)
  attachments.giveBack(to, attachments.take(from))
  if (text !== '') drafts.giveBack(to, text)
  drafts.set(from, '')
  drafts.save()
}
