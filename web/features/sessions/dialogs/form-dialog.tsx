import type { FormEvent, ReactNode } from 'react'
import { Button } from '../../../ui/controls/button.tsx'
import { Dialog } from '../../../ui/dialog/dialog.tsx'
import { t } from '../../../language/t.ts'

/** A dialog with one form, and a way to cancel it. */
export function FormDialog(props: {
  label: string
  error: string | undefined
  confirm: ReactNode
  /** True while it holds what would be lost. */
  isChanged?: boolean
  children: ReactNode
  onClose: () => void
  onSubmit: () => void
}) {
  function submit(event: FormEvent): void {
    event.preventDefault()
    props.onSubmit()
  }
  return (
    <Dialog label={props.label} isChanged={props.isChanged} onClose={props.onClose}>
      <form onSubmit={submit} className="grid gap-4 p-5">
        <h2 className="font-semibold">{props.label}</h2>
        {props.children}
        {props.error && (
          <p role="alert" className="text-sm text-danger">
            {props.error}
          </p>
        )}
        <div className="flex justify-end gap-2">
          <Button onClick={props.onClose}>{t('Cancel')}</Button>
          {props.confirm}
        </div>
      </form>
    </Dialog>
  )
}
