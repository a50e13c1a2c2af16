import { useEffect, useRef } from 'react'
import { t } from '../../language/t.ts'
import { Button } from '../controls/button.tsx'

/** Asks, below the buttons of a dialog, whether unsaved changes may be lost. */
export default function UnsavedNotice(props: { onDiscard: () => void; onStay: () => void }) {
  const notice = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const before = document.activeElement
    notice.current?.querySelector<HTMLElement>('button:last-of-type')?.focus()
    // It does not stick to the foot, where the dialog's own buttons are: it would cover them.
    notice.current?.scrollIntoView({ block: 'end' })
    return () => {
      if (before instanceof HTMLElement) before.focus({ preventScroll: true })
    }
  }, [])
  return (
    <div
      ref={notice}
      role="group"
      aria-label={t('What you changed here is not saved.')}
      className="flex flex-wrap items-center justify-end gap-2 border-t border-border bg-raised p-3 text-sm"
    >
      <p role="alert" className="me-auto ps-2">
        {t('What you changed here is not saved.')}
      </p>
      <Button onClick={props.onDiscard}>{t('Discard')}</Button>
      <Button kind="primary" onClick={props.onStay}>
        {t('Keep editing')}
      </Button>
    </div>
  )
}
