import type { ComponentProps } from 'react'

const kinds = {
  primary: 'bg-accent text-on-accent hover:brightness-110',
  quiet: 'border border-border text-text hover:bg-hover',
  danger: 'bg-danger text-bg hover:brightness-110',
}

export function Button({
  kind = 'quiet',
  className = '',
  ...rest
}: { kind?: keyof typeof kinds } & ComponentProps<'button'>) {
  return (
    <button
      type="button"
      className={`inline-flex min-h-8 cursor-pointer items-center justify-center gap-1.5 rounded-lg px-3 text-sm font-medium transition duration-150 disabled:cursor-default disabled:opacity-50 aria-disabled:cursor-default aria-disabled:opacity-50 ${kinds[kind]} ${className}`}
      {...rest}
    />
  )
}
