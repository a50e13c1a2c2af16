import { useState } from 'react'
import type { FormEvent } from 'react'
import { askAuth } from '../../auth.ts'
import { trpc } from '../../client.ts'
import { Button } from '../../ui/controls/button.tsx'
import { Outcome } from '../../ui/notices/outcome.tsx'
import { NewPasswordField } from '../../ui/controls/new-password-field.tsx'
import { TextField } from '../../ui/controls/text-field.tsx'
import { useAttempt } from '../../ui/use-attempt.ts'
import { t } from '../../language/t.ts'

/** Changes the password; everywhere else one has to sign in again. */
export function Password() {
  const utils = trpc.useUtils()
  const [current, setCurrent] = useState('')
  const [next, setNext] = useState('')
  const { isBusy, error, done, attempt } = useAttempt()
  function submit(event: FormEvent): void {
    event.preventDefault()
    void attempt(async () => {
      const passwords = { currentPassword: current, newPassword: next }
      await askAuth('/change-password', { ...passwords, revokeOtherSessions: true })
      setCurrent('')
      setNext('')
      await utils.logins.list.invalidate()
      return t('The password is changed, and every other login has ended.')
    })
  }
  return (
    <form onSubmit={submit} className="grid max-w-md gap-3">
      <TextField
        label={t('Current password')}
        type="password"
        autoComplete="current-password"
        required
        value={current}
        onChange={({ target }) => setCurrent(target.value)}
      />
      <NewPasswordField label={t('New password')} value={next} onChange={setNext} />
      <Outcome error={error} done={done} />
      <div>
        <Button type="submit" aria-disabled={isBusy}>
          {t('Change the password')}
        </Button>
      </div>
    </form>
  )
}
