import { ArrowRight, CircleAlert, Info, RotateCcw } from 'lucide-react'
import type { ReactNode } from 'react'
import type { AppMessage } from '../../../../shared/client/index.ts'
import { Button } from '../../../ui/controls/button.tsx'
import { msg, t } from '../../../language/t.ts'

type Props = {
  message: AppMessage
  onRetry: (() => void) | null
  /** While another answer is running, which a retry would stop. */
  isRetryOff: boolean
  onContinue: (() => void) | null
  versions: ReactNode
  children: ReactNode
}

/** True where an answer offers a retry. When it would not help, Regenerate is still there. */
export function hasRetry({ status, error }: AppMessage): boolean {
  if (status === 'failed') return error?.retryable !== false
  return status === 'stopped' || status === 'interrupted'
}

/**
 * The end of an answer: nothing for a normal end, otherwise the reason and possible actions; above it, the answer's
 * notes.
 */
export function Ending(props: Props) {
  return (
    <>
      {props.message.notes?.map((note) => (
        <p key={note} className="mt-2 flex items-start gap-2 text-xs text-muted">
          <Info aria-hidden size={14} className="mt-0.5 shrink-0" />
          <bdi className="min-w-0 wrap-anywhere">{note}</bdi>
        </p>
      ))}
      <HowItEnded {...props} />
    </>
  )
}

function HowItEnded(props: Props) {
  const { message, onRetry, isRetryOff, onContinue, versions, children } = props
  const proceed = onContinue && (
    <Button onClick={onContinue}>
      <ArrowRight aria-hidden size={14} className="rtl:-scale-x-100" />
      {t('Continue')}
    </Button>
  )
  const retry = onRetry && hasRetry(message) && (
    <Button aria-disabled={isRetryOff} onClick={() => isRetryOff || onRetry()}>
      <RotateCcw aria-hidden size={14} />
      {t('Retry')}
    </Button>
  )
  switch (message.status) {
    case 'failed':
      return (
        <>
          <div className="relative mt-3 max-w-xl rounded-xl border border-danger/40 bg-danger-soft p-3.5">
            <span aria-hidden className="knot knot-danger mt-3" />
            <p className="flex items-start gap-2 text-sm">
              <CircleAlert aria-hidden size={16} className="mt-0.5 shrink-0 text-danger" />
              {/* The server speaks English, whichever way the page runs. */}
              <bdi className="min-w-0 wrap-anywhere">
                {message.error?.message ?? t('The answer failed for an unknown reason.')}
              </bdi>
            </p>
            {retry && (
              <div className="mt-3 flex flex-wrap gap-2 ps-6">
                {retry}
                {message.parts.length > 0 && proceed}
              </div>
            )}
          </div>
          <Actions>
            {children}
            {versions}
          </Actions>
        </>
      )
    case 'stopped':
    case 'interrupted':
      return (
        <Actions>
          {children}
          {versions}
          <span>{message.status === 'stopped' ? t('Stopped') : t('Interrupted')}</span>
          {retry}
          {message.parts.length > 0 && proceed}
        </Actions>
      )
    case 'waiting':
      return (
        <Actions>
          {versions}
          {t('Waiting for your approval')}
        </Actions>
      )
    default:
      return (
        <Actions>
          {children}
          {versions}
          {message.finish && <span>{t(CUT_SHORT[message.finish])}</span>}
          {message.finish && message.finish !== 'content-filter' && proceed}
          <span className="opacity-0 transition-opacity duration-150 group-focus-within/message:opacity-100 group-hover/message:opacity-100 pointer-coarse:opacity-100">
            <UsageText message={message} />
          </span>
        </Actions>
      )
  }
}

const CUT_SHORT = {
  length: msg('Cut off: the answer reached its length limit'),
  'content-filter': msg('Cut off by the provider’s content filter'),
  'max-steps': msg('Ended: the answer reached its step limit'),
} as const

function Actions({ children }: { children: ReactNode }) {
  return (
    <div className="flex min-h-10 flex-wrap items-center gap-x-1.5 text-xs text-muted">
      {children}
    </div>
  )
}

function UsageText({ message: { model, usage } }: { message: AppMessage }) {
  const tokens =
    usage && t('{count, number} tokens', { count: usage.inputTokens + usage.outputTokens })
  return (
    <>
      {/* Its name would take the number after it along, in a language from right to left. */}
      {model && <bdi>{model}</bdi>}
      {model && tokens && ' · '}
      {tokens}
    </>
  )
}
