import { useState } from 'react'
import { askAuth } from '../../auth.ts'
import { trpc } from '../../client.ts'
import { Button } from '../../ui/controls/button.tsx'
import { ForgotForm } from './forgot-form.tsx'
import { OtherWays } from './other-ways.tsx'
import { PasswordForm } from './password-form.tsx'
import { PersonForm } from './person-form.tsx'
import type { NewPerson } from './person-form.tsx'
import { SecondFactorForm } from './second-factor-form.tsx'
import { msg, t } from '../../language/t.ts'
import type { Marked } from '../../language/t.ts'

type Step = 'password' | 'second-factor' | 'forgot' | 'sign-up'

const titles: Record<Step, Marked> = {
  password: msg('Sign in'),
  'second-factor': msg('Second factor'),
  forgot: msg('A new password'),
  'sign-up': msg('Create an account'),
}

/**
 * Signing in, step by step.
 *
 * @param props.onSignedIn called when the cookie is valid
 */
export function SignIn(props: {
  text?: string
  start?: 'password' | 'sign-up'
  isGuest?: boolean
  onSignedIn: () => Promise<void>
}) {
  const { text, onSignedIn, isGuest = false } = props
  const [step, setStep] = useState<Step>(props.start ?? 'password')
  const { data: options } = trpc.auth.options.useQuery(undefined, { staleTime: 0 })

  async function signUp(person: NewPerson): Promise<string | void> {
    const { token } = await askAuth('/sign-up/email', person)
    if (typeof token !== 'string') {
      return t('Nearly done: open the link in the mail that was just sent to you.')
    }
    await onSignedIn()
  }

  return (
    <div className="grid gap-5">
      <div>
        <h2 className="text-lg font-semibold tracking-tight">{t(titles[step])}</h2>
        {text !== undefined && step === 'password' && <p className="text-sm text-muted">{text}</p>}
      </div>
      {step === 'password' && (
        <PasswordForm
          onSignedIn={onSignedIn}
          onSecondFactor={() => setStep('second-factor')}
          onForgot={() => setStep('forgot')}
        />
      )}
      {step === 'second-factor' && (
        <SecondFactorForm onSignedIn={onSignedIn} onBack={() => setStep('password')} />
      )}
      {step === 'forgot' && (
        <ForgotForm hasMail={options?.mail ?? false} onBack={() => setStep('password')} />
      )}
      {step === 'sign-up' && <PersonForm onCreate={signUp} />}
      {options && (step === 'password' || step === 'sign-up') && (
        <OtherWays options={options} isGuest={isGuest} onSignedIn={onSignedIn} />
      )}
      {step === 'sign-up' && (
        <Button className="border-transparent" onClick={() => setStep('password')}>
          {t('I have an account')}
        </Button>
      )}
      {step === 'password' && options?.signup === 'open' && (
        <Button className="border-transparent" onClick={() => setStep('sign-up')}>
          {t('Create an account')}
        </Button>
      )}
      {step === 'password' && options && options.signup !== 'open' && (
        <p className="text-xs text-muted">
          {options.signup === 'invite'
            ? t('No account? Ask an administrator of this server for an invitation.')
            : t('This server takes no new accounts.')}
        </p>
      )}
    </div>
  )
}
