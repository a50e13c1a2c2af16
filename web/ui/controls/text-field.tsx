import { useId } from 'react'
import type { ComponentProps, ReactNode } from 'react'

/** A text box with its label above and a hint below. */
export function TextField({
  label,
  hint,
  className = '',
  ...rest
}: { label: string; hint?: ReactNode } & Omit<ComponentProps<'input'>, 'id'>) {
  const id = useId()
  const hintId = `${id}hint`
  return (
    <div className={`grid content-start gap-1 ${className}`}>
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      <input
        id={id}
        dir="auto"
        aria-describedby={hint === undefined ? undefined : hintId}
        className="h-10 w-full min-w-0 rounded-lg border border-control bg-bg px-3 text-base"
        {...rest}
      />
      {hint !== undefined && (
        <p id={hintId} className="text-xs text-muted">
          {hint}
        </p>
      )}
    </div>
  )
}
