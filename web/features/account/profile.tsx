import { useState } from 'react'
import type { FormEvent } from 'react'
import { askAuth } from '../../auth.ts'
import { trpc } from '../../client.ts'
import { Button } from '../../ui/controls/button.tsx'
import { Outcome } from '../../ui/notices/outcome.tsx'
import { TextField } from '../../ui/controls/text-field.tsx'
import { useAttempt } from '../../ui/use-attempt.ts'
import { t } from '../../language/t.ts'

/** The person's name, and the address for signing in. */
export function Profile() {
  const utils = trpc.useUtils()
  const { data: me } = trpc.me.useQuery()
  const [name, setName] = useState<string | null>(null)
  const { isBusy, error, done, attempt } = useAttempt()
  if (!me) return null
  const shown = name ?? me.name
  function submit(event: FormEvent): void {
    event.preventDefault()
    void attempt(async () => {
      await askAuth('/update-user', { name: shown.trim() })
      await utils.me.invalidate()
      setName(null)
      return t('Saved.')
    })
  }
  return (
    <form onSubmit={submit} className="grid max-w-md gap-3">
      <TextField
        label={t('Name')}
        autoComplete="name"
        required
        maxLength={100}
        value={shown}
        onChange={({ target }) => setName(target.value)}
        hint={me.email === null ? undefined : t('You sign in as {email}.', { email: me.email })}
      />
      <Outcome error={error} done={done} />
      <div>
        <Button type="submit" aria-disabled={isBusy || shown.trim() === me.name}>
          {t('Save the name')}
        </Button>
      </div>
    </form>
  )
}
