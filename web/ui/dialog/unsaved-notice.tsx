import { useEffect, useRef } from 'react'
import { t } from '../../language/t.ts'
import { Button } from '../controls/button.tsx'

/** Asks, at the foot of a dialog, whether unsaved changes may be lost. */
export default function UnsavedNotice(props: { onDiscard: () => void; onStay: () => void }) {
  const notice = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const before = document.activeElement
    notice.current?.querySelector<HTMLElement>('button:last-of-type')?.focus()
    return () => {
      if (before instanceof HTMLElement) before.focus({ preventScroll: true })
    }
  }, [])
  return (
    <div
      ref={notice}
      role="group"
      aria-label={t('What you changed here is not saved.')}
      className="sticky bottom-0 flex flex-wrap items-center justify-end gap-2 border-t border-border bg-raised p-3 text-sm"
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
