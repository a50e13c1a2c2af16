import type { ComponentProps } from 'react'
import { TextField } from './text-field.tsx'
import { t } from '../../language/t.ts'

/** A field for a password that is chosen now, within the limits of the server. */
export function NewPasswordField({
  onChange,
  ...rest
}: Pick<ComponentProps<typeof TextField>, 'label' | 'autoFocus'> & {
  value: string
  onChange: (value: string) => void
}) {
  return (
    <TextField
      type="password"
      autoComplete="new-password"
      hint={t('{count, number} characters or more.', { count: 8 })}
      required
      minLength={8}
      maxLength={128}
      onChange={({ target }) => onChange(target.value)}
      {...rest}
    />
  )
}
