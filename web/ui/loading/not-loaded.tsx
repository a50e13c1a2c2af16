import { t } from '../../language/t.ts'
import { Button } from '../controls/button.tsx'

/** In place of what could not be loaded: why, and another try. */
export function NotLoaded({ reason, onRetry }: { reason: string; onRetry: () => void }) {
  return (
    <div role="alert" className="flex flex-wrap items-center gap-3 text-sm text-muted">
      <p className="min-w-0 wrap-anywhere">{t('This could not be loaded: {reason}', { reason })}</p>
      <Button onClick={onRetry}>{t('Try again')}</Button>
    </div>
  )
}
