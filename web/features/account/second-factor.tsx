import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { FormEvent } from 'react'
import { askAuth } from '../../auth.ts'
import { Button } from '../../ui/controls/button.tsx'
import { CopyButton } from '../../ui/controls/copy-button.tsx'
import { Outcome } from '../../ui/notices/outcome.tsx'
import { TextField } from '../../ui/controls/text-field.tsx'
import { useAttempt } from '../../ui/use-attempt.ts'
import { t } from '../../language/t.ts'
import { rich } from '../../language/rich.tsx'

type Setup = { address: string; secret: string; backupCodes: string[] }

/** Turns the second factor on, by a code of the app that proves that it works, and off. */
export function SecondFactor() {
  const { data: isOn, refetch } = useQuery({
    queryKey: ['second-factor'],
    queryFn: readIsOn,
    staleTime: 0,
  })
  const [setup, setSetup] = useState<Setup | null>(null)
  const [text, setText] = useState('')
  const { isBusy, error, done, attempt } = useAttempt()
  if (isOn === undefined) return null
  const asks = setup === null ? 'password' : 'code'

  function submit(event: FormEvent): void {
    event.preventDefault()
    void attempt(async () => {
      const said = await next()
      setText('')
      return said
    })
  }

  async function next(): Promise<string> {
    if (setup !== null) {
      await askAuth('/two-factor/verify-totp', { code: text.replaceAll(' ', '') })
      setSetup(null)
      await refetch()
      return t('The second factor is on.')
    }
    if (isOn === true) {
      await askAuth('/two-factor/disable', { password: text })
      await refetch()
      return t('The second factor is off.')
    }
    setSetup(toSetup(await askAuth('/two-factor/enable', { password: text })))
    return ''
  }

  return (
    <form onSubmit={submit} className="grid max-w-md gap-3">
      <p className="text-sm">{isOn ? t('It is on.') : t('It is off.')}</p>
      {setup && <SetupSteps {...setup} />}
      <TextField
        key={asks}
        label={asks === 'password' ? t('Password') : t('Code from the app')}
        type={asks === 'password' ? 'password' : 'text'}
        inputMode={asks === 'password' ? 'text' : 'numeric'}
        autoComplete={asks === 'password' ? 'current-password' : 'one-time-code'}
        autoFocus={asks === 'code'}
        required
        value={text}
        onChange={({ target }) => setText(target.value)}
      />
      <Outcome error={error} done={done} />
      <div className="flex gap-2">
        <Button type="submit" aria-disabled={isBusy}>
          {setup ? t('Turn it on') : isOn ? t('Turn it off') : t('Set it up')}
        </Button>
        {setup && <Button onClick={() => setSetup(null)}>{t('Cancel')}</Button>}
      </div>
    </form>
  )
}

function SetupSteps({ address, secret, backupCodes }: Setup) {
  return (
    <div className="grid gap-3 rounded-2xl border border-border bg-raised p-4 text-sm">
      <p>
        {rich(
          t('Enter this key in your authenticator app, or <0>open the app</0> on this device.'),
          (inside) => (
            <a href={address} className="text-accent underline">
              {inside}
            </a>
          ),
        )}
      </p>
      <p className="flex items-center gap-2">
        <code className="min-w-0 font-mono text-xs break-all">{secret}</code>
        <CopyButton label={t('Copy the key')} text={secret} />
      </p>
      <p>{t('Keep these codes. Each of them lets you in once when you do not have the app.')}</p>
      <div className="flex items-start gap-2">
        <ul
          aria-label={t('Backup codes')}
          className="grid flex-1 grid-cols-2 gap-x-4 font-mono text-xs"
        >
          {backupCodes.map((code) => (
            <li key={code}>{code}</li>
          ))}
        </ul>
        <CopyButton label={t('Copy the codes')} text={backupCodes.join('\n')} />
      </div>
    </div>
  )
}

async function readIsOn(): Promise<boolean> {
  const { user } = await askAuth('/get-session')
  return (
    typeof user === 'object' &&
    user !== null &&
    'twoFactorEnabled' in user &&
    user.twoFactorEnabled === true
  )
}

function toSetup({ totpURI, backupCodes }: Record<string, unknown>): Setup {
  const address = String(totpURI)
  const codes = Array.isArray(backupCodes) ? backupCodes.map(String) : []
  const secret = URL.canParse(address) ? new URL(address).searchParams.get('secret') : null
  return { address, secret: secret ?? '', backupCodes: codes }
}
