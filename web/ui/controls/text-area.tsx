import { useId } from 'react'

/** A box for several lines, with its label above and a hint below. */
export function TextArea(props: {
  label: string
  value: string
  hint?: string
  placeholder?: string
  maxLength?: number
  onChange: (value: string) => void
}) {
  const id = useId()
  const hintId = `${id}hint`
  return (
    <div className="grid gap-1">
      <label htmlFor={id} className="text-sm font-medium">
        {props.label}
      </label>
      <textarea
        id={id}
        dir="auto"
        value={props.value}
        maxLength={props.maxLength}
        placeholder={props.placeholder}
        aria-describedby={props.hint === undefined ? undefined : hintId}
        onChange={({ target }) => props.onChange(target.value)}
        className="field-sizing-content max-h-[30dvh] min-h-20 w-full resize-none rounded-lg border border-control bg-bg px-3 py-2 text-base leading-6"
      />
      {props.hint !== undefined && (
        <p id={hintId} className="text-xs text-muted">
          {props.hint}
        </p>
      )}
    </div>
  )
}
