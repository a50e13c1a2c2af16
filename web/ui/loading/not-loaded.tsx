import { t } from '../../language/t.ts'
import { Button } from '../controls/button.tsx'

/** Shown in place of content that could not be loaded: the reason, and a button to retry. */
export function NotLoaded({ reason, onRetry }: { reason: string; onRetry: () => void }) {
  return (
    <div role="alert" className="flex flex-wrap items-center gap-3 text-sm text-muted">
      <p className="min-w-0 wrap-anywhere">{t('This could not be loaded: {reason}', { reason })}</p>
      <Button onClick={onRetry}>{t('Try again')}</Button>
    </div>
  )
}
