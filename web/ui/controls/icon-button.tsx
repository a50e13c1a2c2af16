import type { ComponentProps } from 'react'

/** A button with only an icon; the label is its accessible name and its tooltip. */
export function IconButton({
  label,
  className = '',
  ...rest
}: { label: string } & ComponentProps<'button'>) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      className={`inline-grid size-8 shrink-0 cursor-pointer place-items-center rounded-lg text-muted transition-colors duration-150 hover:bg-hover hover:text-text disabled:cursor-default disabled:opacity-40 ${className}`}
      {...rest}
    />
  )
}
