import { Check, X } from 'lucide-react'
import { useRef } from 'react'
import type { AppToolCall } from '../../../../shared/client/index.ts'
import { Button } from '../../../ui/controls/button.tsx'
import { CallArguments } from '../call-arguments.tsx'
import { toolLabel } from '../../../tool-title.ts'
import { effectTexts } from '../tool-labels.ts'
import { useFocusHandover } from './use-focus-handover.ts'
import { t } from '../../../language/t.ts'
import { rich } from '../../../language/rich.tsx'

type Decision = 'approve' | 'deny'

/**
 * The call that needs approval, with the buttons to allow or deny it.
 * @param props.isSent true while a decision is being sent; the buttons then do nothing, but keep the focus
 */
export function ApprovalForm(props: {
  call: AppToolCall
  description: string | undefined
  /** The draft of the reason for a denial. */
  reason: string
  isSent: boolean
  problem: string | null
  onReason: (reason: string) => void
  onDecide: (decision: Decision, reason: string) => void
}) {
  const { call, reason, isSent } = props
  const { name, server } = toolLabel(call)
  const form = useRef<HTMLFormElement>(null)
  useFocusHandover(form)

  function decide(decision: Decision): void {
    if (!isSent) props.onDecide(decision, decision === 'deny' ? reason.trim() : '')
  }
  return (
    <form
      ref={form}
      onSubmit={(event) => {
        event.preventDefault()
        decide('deny')
      }}
      className="grid gap-3 border-t border-border p-3.5"
    >
      <div className="text-sm">
        <p>
          {rich(
            server
              ? t('The assistant asks to use <0>{name}</0> of {server}.', { name, server })
              : t('The assistant asks to use <0>{name}</0>.', { name }),
            (inside) => (
              <strong className="font-semibold wrap-anywhere">{inside}</strong>
            ),
          )}{' '}
          {t(effectTexts[call.effect])}
        </p>
        {props.description && (
          <p className="mt-1 line-clamp-3 text-xs wrap-anywhere text-muted">
            <bdi>{props.description}</bdi>
          </p>
        )}
      </div>
      <CallArguments input={call.input} />
      {props.problem && (
        <p role="alert" className="text-sm text-danger">
          {t('Your decision was not saved: {reason}', { reason: props.problem })}
        </p>
      )}
      <div className="flex flex-wrap items-center gap-2">
        <Button kind="primary" aria-disabled={isSent} onClick={() => decide('approve')}>
          <Check aria-hidden size={15} />
          {t('Approve')}
        </Button>
        <Button aria-disabled={isSent} onClick={() => decide('deny')}>
          <X aria-hidden size={15} />
          {t('Deny')}
        </Button>
        <input
          aria-label={t('Reason for denying')}
          dir="auto"
          placeholder={t('Why not? (optional)')}
          value={reason}
          maxLength={2000}
          onChange={(event) => props.onReason(event.target.value)}
          className="h-8 min-w-40 flex-1 rounded-lg border border-control bg-bg px-2.5 text-base placeholder:text-muted sm:text-sm"
        />
        {isSent && (
          <span className="animate-[appear_200ms_600ms_ease-out_backwards] text-xs text-muted">
            {t('Sending…')}
          </span>
        )}
      </div>
    </form>
  )
}
