import type { AppToolCall } from '../../../shared/client/index.ts'
import { t } from '../../language/t.ts'

/** The progress of a running call; a bar when the total is known. */
export function CallProgress({ call }: { call: AppToolCall }) {
  if (call.status !== 'running' || !call.progress) return null
  const { done, total, message } = call.progress
  const percent =
    total !== undefined && total > 0 ? Math.min(100, Math.max(0, (done / total) * 100)) : null
  return (
    <div className="px-3.5 pb-3 text-xs text-muted">
      <div className="flex items-baseline justify-between gap-4">
        <span className="min-w-0 truncate">
          {message ?? (percent === null ? t('Step {done, number}', { done }) : '')}
        </span>
        {percent !== null && (
          <span className="tabular-nums">
            {t('{percent, number} %', { percent: Math.floor(percent) })}
          </span>
        )}
      </div>
      {percent !== null && (
        <div
          role="progressbar"
          aria-label={t('Progress of {name}', { name: call.name })}
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={Math.floor(percent)}
          className="mt-1.5 h-1 overflow-hidden rounded-full bg-hover"
        >
          <div
            className="h-full rounded-full bg-accent transition-[width] duration-200 motion-reduce:transition-none"
            style={{ width: `${percent}%` }}
          />
        </div>
      )}
    </div>
  )
}
