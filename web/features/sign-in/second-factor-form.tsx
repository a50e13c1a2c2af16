import { useState } from 'react'
import type { FormEvent } from 'react'
import { askAuth } from '../../auth.ts'
import { Button } from '../../ui/controls/button.tsx'
import { Outcome } from '../../ui/notices/outcome.tsx'
import { TextField } from '../../ui/controls/text-field.tsx'
import { useAttempt } from '../../ui/use-attempt.ts'
import { t } from '../../language/t.ts'

/** The second step of signing in: a code from an app, or one of those that were kept for when it is lost. */
export function SecondFactorForm(props: { onSignedIn: () => Promise<void>; onBack: () => void }) {
  const { isBusy, error, attempt } = useAttempt()
  const [isBackup, setBackup] = useState(false)
  const [code, setCode] = useState('')
  function submit(event: FormEvent): void {
    event.preventDefault()
    void attempt(async () => {
      await askAuth(isBackup ? '/two-factor/verify-backup-code' : '/two-factor/verify-totp', {
        code: code.replaceAll(' ', ''),
      })
      await props.onSignedIn()
    })
  }
  return (
    <form onSubmit={submit} className="grid gap-4">
      <TextField
        key={String(isBackup)}
        label={isBackup ? t('Backup code') : t('Code')}
        hint={
          isBackup
            ? t('One of the codes that you kept when you set up the second factor.')
            : t('The six digits that your authenticator app shows.')
        }
        autoFocus
        required
        autoComplete="one-time-code"
        inputMode={isBackup ? 'text' : 'numeric'}
        value={code}
        onChange={({ target }) => setCode(target.value)}
      />
      <Outcome error={error} />
      <Button type="submit" kind="primary" className="min-h-10" aria-disabled={isBusy}>
        {t('Sign in')}
      </Button>
      <div className="flex flex-wrap justify-between gap-2">
        <Button onClick={() => setBackup(!isBackup)}>
          {isBackup ? t('Use the app') : t('Use a backup code')}
        </Button>
        <Button onClick={props.onBack}>{t('Back')}</Button>
      </div>
    </form>
  )
}
