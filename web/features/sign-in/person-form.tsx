import { useState } from 'react'
import type { FormEvent } from 'react'
import { Button } from '../../ui/controls/button.tsx'
import { Outcome } from '../../ui/notices/outcome.tsx'
import { NewPasswordField } from '../../ui/controls/new-password-field.tsx'
import { TextField } from '../../ui/controls/text-field.tsx'
import { useAttempt } from '../../ui/use-attempt.ts'
import { t } from '../../language/t.ts'

export type NewPerson = { name: string; email: string; password: string }

/** The form that makes an account. */
export function PersonForm(props: { onCreate: (person: NewPerson) => Promise<string | void> }) {
  const { isBusy, error, done, attempt } = useAttempt()
  const [name, setName] = useState('')
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  function submit(event: FormEvent): void {
    event.preventDefault()
    void attempt(() => props.onCreate({ name: name.trim(), email: email.trim(), password }))
  }
  return (
    <form onSubmit={submit} className="grid gap-4">
      <TextField
        label={t('Name')}
        autoFocus
        autoComplete="name"
        required
        maxLength={100}
        value={name}
        onChange={({ target }) => setName(target.value)}
      />
      <TextField
        label={t('Email')}
        type="email"
        autoComplete="email"
        required
        maxLength={254}
        value={email}
        onChange={({ target }) => setEmail(target.value)}
      />
      <NewPasswordField label={t('Password')} value={password} onChange={setPassword} />
      <Outcome error={error} done={done} />
      <Button type="submit" kind="primary" className="min-h-10" aria-disabled={isBusy}>
        {t('Create account')}
      </Button>
    </form>
  )
}
