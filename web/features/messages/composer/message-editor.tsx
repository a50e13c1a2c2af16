import { useEffect, useRef } from 'react'
import type { KeyboardEvent } from 'react'
import { Button } from '../../../ui/controls/button.tsx'
import { isSubmitKey } from './submit-key.ts'
import { tooLong } from './text-limit.ts'
import { t } from '../../../language/t.ts'

/**
 * An editor in place of a message's text.
 * @param props.isOpen false when the message can no longer be changed because its answer has begun; the new text is
 * kept
 * @param props.hint the effect of saving, where it is not obvious
 */
export function MessageEditor(props: {
  text: string
  isOpen: boolean
  isSaving: boolean
  takesFocus: boolean
  problem: string | null
  hint?: string
  onChange: (text: string) => void
  onSave: () => void
  onCancel: () => void
  onMove?: () => void
}) {
  const { text, isOpen, isSaving, takesFocus, onSave, onCancel } = props
  const box = useRef<HTMLTextAreaElement>(null)
  const problem = tooLong(text) ?? props.problem
  const canSave = text.trim() !== '' && tooLong(text) === null && !isSaving

  useEffect(() => {
    if (!takesFocus) return
    box.current?.focus({ preventScroll: true })
    box.current?.scrollIntoView({ block: 'nearest' })
    box.current?.setSelectionRange(box.current.value.length, box.current.value.length)
  }, [takesFocus])

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key === 'Escape' && !event.nativeEvent.isComposing) {
      event.preventDefault()
      onCancel()
    } else if (isOpen && isSubmitKey(event)) {
      event.preventDefault()
      if (canSave) onSave()
    }
  }

  return (
    <div className="w-full rounded-2xl border border-accent bg-raised not-first-of-type:mt-2">
      <textarea
        ref={box}
        aria-label={t('Edited text')}
        dir="auto"
        value={text}
        rows={1}
        onChange={(event) => props.onChange(event.target.value)}
        onKeyDown={onKeyDown}
        className="block field-sizing-content max-h-[40dvh] min-h-10 w-full resize-none bg-transparent px-4 pt-2.5 pb-1 text-base leading-[1.65] outline-none"
      />
      {problem && (
        <div role="alert" className="px-4 pb-1 text-sm text-danger">
          {problem}
        </div>
      )}
      {!isOpen && (
        <div role="status" className="px-4 pb-1 text-sm text-muted">
          {t(
            'This message is already being answered and cannot be changed. Your edit is still here.',
          )}
        </div>
      )}
      <div className="flex flex-wrap items-center justify-end gap-2 p-2">
        {props.hint && <span className="me-auto ps-2 text-xs text-muted">{props.hint}</span>}
        <Button onClick={onCancel}>{isOpen ? t('Cancel') : t('Discard')}</Button>
        {isOpen ? (
          <Button kind="primary" disabled={!canSave} onClick={onSave}>
            {t('Save')}
          </Button>
        ) : (
          <Button kind="primary" onClick={props.onMove}>
            {t('Move to the box below')}
          </Button>
        )}
      </div>
    </div>
  )
}
