import { useState } from 'react'
import type { FormEvent } from 'react'
import { askAuth } from '../../auth.ts'
import { Button } from '../../ui/controls/button.tsx'
import { Outcome } from '../../ui/notices/outcome.tsx'
import { TextField } from '../../ui/controls/text-field.tsx'
import { useAttempt } from '../../ui/use-attempt.ts'
import { t } from '../../language/t.ts'

/** Asks for a mail with a link to a new password; without a mail server it says who can help. */
export function ForgotForm({ hasMail, onBack }: { hasMail: boolean; onBack: () => void }) {
  const { isBusy, error, done, attempt } = useAttempt()
  const [email, setEmail] = useState('')
  function submit(event: FormEvent): void {
    event.preventDefault()
    void attempt(async () => {
      await askAuth('/request-password-reset', { email: email.trim() })
      return t('If there is an account with this address, a mail with a link is on its way.')
    })
  }
  return (
    <form onSubmit={submit} className="grid gap-4">
      {hasMail ? (
        <>
          <TextField
            label={t('Email')}
            type="email"
            autoFocus
            autoComplete="email"
            required
            value={email}
            onChange={({ target }) => setEmail(target.value)}
          />
          <Outcome error={error} done={done} />
          <Button type="submit" kind="primary" className="min-h-10" aria-disabled={isBusy}>
            {t('Send a link')}
          </Button>
        </>
      ) : (
        <p className="text-sm text-muted">
          {t(
            'This server sends no mail. Ask one of its administrators for help with your password.',
          )}
        </p>
      )}
      <Button onClick={onBack}>{t('Back')}</Button>
    </form>
  )
}
