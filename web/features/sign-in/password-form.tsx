import { useState } from 'react'
import type { FormEvent } from 'react'
import { askAuth } from '../../auth.ts'
import { Button } from '../../ui/controls/button.tsx'
import { Outcome } from '../../ui/notices/outcome.tsx'
import { TextField } from '../../ui/controls/text-field.tsx'
import { useAttempt } from '../../ui/use-attempt.ts'
import { t } from '../../language/t.ts'

/** Address and password. */
export function PasswordForm(props: {
  onSignedIn: () => Promise<void>
  onSecondFactor: () => void
  onForgot: () => void
}) {
  const { isBusy, error, attempt } = useAttempt()
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  function submit(event: FormEvent): void {
    event.preventDefault()
    void attempt(async () => {
      const answer = await askAuth('/sign-in/email', { email: email.trim(), password })
      if (answer['twoFactorRedirect'] === true) props.onSecondFactor()
      else await props.onSignedIn()
    })
  }
  return (
    <form onSubmit={submit} className="grid gap-4">
      <TextField
        label={t('Email')}
        type="email"
        autoFocus
        autoComplete="username"
        required
        value={email}
        onChange={({ target }) => setEmail(target.value)}
      />
      <TextField
        label={t('Password')}
        type="password"
        autoComplete="current-password"
        required
        value={password}
        onChange={({ target }) => setPassword(target.value)}
      />
      <Outcome error={error} />
      <Button type="submit" kind="primary" className="min-h-10" aria-disabled={isBusy}>
        {t('Sign in')}
      </Button>
      <Button className="-ms-3 justify-self-start border-transparent" onClick={props.onForgot}>
        {t('Forgot the password?')}
      </Button>
    </form>
  )
}
