import { t } from '../../../language/t.ts'
import { Button } from '../../../ui/controls/button.tsx'
import type { OlderMessages } from './use-older-messages.ts'

/** Says over the top of a conversation that there is more before it, which comes or could not be loaded. */
export function OlderNotice({
  older,
}: {
  older: Pick<OlderMessages, 'isLoading' | 'problem' | 'retry'>
}) {
  if (older.problem !== null) {
    return (
      <div
        role="alert"
        className="pointer-events-auto flex animate-[rise_140ms_ease-out] items-center gap-3 rounded-xl border border-border bg-raised py-1 ps-3 pe-1 text-sm shadow-md"
      >
        {t('Older messages could not be loaded.')}
        <Button onClick={older.retry}>{t('Try again')}</Button>
      </div>
    )
  }
  if (!older.isLoading) return null
  return (
    // Shown with a delay, because nearly every page is there at once.
    <p
      role="status"
      className="animate-[appear_200ms_800ms_ease-out_backwards] rounded-xl border border-border bg-raised px-3 py-1.5 text-sm text-muted shadow-md"
    >
      {t('Loading older messages…')}
    </p>
  )
}
