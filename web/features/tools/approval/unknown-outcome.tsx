import { useRef, useState } from 'react'
import type { AppToolCall } from '../../../../shared/client/index.ts'
import { useThroughline } from '../../../../shared/react/index.ts'
import { Button } from '../../../ui/controls/button.tsx'
import { Dialog } from '../../../ui/dialog/dialog.tsx'
import { unknownOutcomeText } from '../tool-labels.ts'
import { useCallCommand } from './use-call-command.ts'
import { useFocusHandover } from './use-focus-handover.ts'
import { t } from '../../../language/t.ts'

type Outcome = 'happened' | 'did-not-happen' | 'retry'

/** Lets the user report the outcome of a call whose outcome is unknown. */
export function UnknownOutcome({ call }: { call: AppToolCall }) {
  const { api } = useThroughline()
  const { isSent, problem, send } = useCallCommand(call)
  return (
    <OutcomeForm
      call={call}
      isSent={isSent}
      problem={problem}
      onResolve={(outcome) => send(() => api.tools.resolve.mutate({ callId: call.id, outcome }))}
    />
  )
}

export function OutcomeForm(props: {
  call: AppToolCall
  isSent: boolean
  problem: string | null
  onResolve: (outcome: Outcome) => void
}) {
  const { call, isSent } = props
  const [isConfirming, setConfirming] = useState(false)
  const form = useRef<HTMLDivElement>(null)
  useFocusHandover(form)

  function resolve(outcome: Outcome): void {
    if (!isSent) props.onResolve(outcome)
  }
  return (
    <div ref={form} className="grid gap-3 border-t border-border p-3.5">
      <div className="text-sm">
        <p className="wrap-anywhere">{unknownOutcomeText(call.error)}</p>
        <p className="mt-1 text-muted">{t('If you can find out, record it here.')}</p>
      </div>
      {props.problem && (
        <p role="alert" className="text-sm text-danger">
          {t('Not recorded: {reason}', { reason: props.problem })}
        </p>
      )}
      <div className="flex flex-wrap items-center gap-2">
        <Button aria-disabled={isSent} onClick={() => resolve('happened')}>
          {t('It happened')}
        </Button>
        <Button aria-disabled={isSent} onClick={() => resolve('did-not-happen')}>
          {t('It did not happen')}
        </Button>
        <Button aria-disabled={isSent} onClick={() => !isSent && setConfirming(true)}>
          {t('Try again')}
        </Button>
        {isSent && (
          <span className="animate-[appear_200ms_600ms_ease-out_backwards] text-xs text-muted">
            {t('Sending…')}
          </span>
        )}
      </div>
      {isConfirming && (
        <Dialog
          label={t('Try {name} again', { name: call.name })}
          onClose={() => setConfirming(false)}
        >
          <div className="grid gap-4 p-5">
            <h2 className="font-semibold wrap-anywhere">
              {t('Try {name} again?', { name: call.name })}
            </h2>
            <p className="text-sm text-muted">
              {t('If it happened the first time, it will happen twice.')}
            </p>
            <div className="flex justify-end gap-2">
              <Button onClick={() => setConfirming(false)}>{t('Cancel')}</Button>
              <Button
                kind="danger"
                onClick={() => {
                  setConfirming(false)
                  resolve('retry')
                }}
              >
                {t('Do it again')}
              </Button>
            </div>
          </div>
        </Dialog>
      )}
    </div>
  )
}
