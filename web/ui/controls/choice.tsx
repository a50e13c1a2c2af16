import { useId } from 'react'
import type { ReactNode } from 'react'

/** A choice of one among a few, side by side. Native radio buttons support the arrow keys. */
export function Choice<Value extends string>(props: {
  label: string
  value: Value
  options: readonly { value: Value; label: string; icon?: ReactNode }[]
  onChange: (value: Value) => void
}) {
  const name = useId()
  return (
    <div
      role="radiogroup"
      aria-label={props.label}
      className="inline-flex w-fit flex-wrap gap-0.5 rounded-xl bg-hover p-0.5"
    >
      {props.options.map(({ value, label, icon }) => (
        <label
          key={value}
          className="relative flex min-h-8 cursor-pointer items-center gap-1.5 rounded-[0.625rem] px-3 text-sm text-muted transition-colors duration-150 hover:text-text has-checked:bg-raised has-checked:text-text has-checked:shadow-sm has-focus-visible:outline-2 has-focus-visible:outline-accent"
        >
          <input
            type="radio"
            name={name}
            checked={props.value === value}
            onChange={() => props.onChange(value)}
            className="absolute inset-0 size-full cursor-pointer appearance-none rounded-[0.625rem] outline-none"
          />
          {icon}
          {label}
        </label>
      ))}
    </div>
  )
}
