import { useLocation } from '@tanstack/react-router'
import { useState } from 'react'
import type { FormEvent } from 'react'
import { basePath } from '../../base-path.ts'
import { askAuth } from '../../auth.ts'
import { PersonForm } from '../../features/sign-in/person-form.tsx'
import { Button } from '../../ui/controls/button.tsx'
import { Outcome } from '../../ui/notices/outcome.tsx'
import { NewPasswordField } from '../../ui/controls/new-password-field.tsx'
import { useAttempt } from '../../ui/use-attempt.ts'
import { CardPage } from '../sign-in/card-page.tsx'
import { useLanguage } from '../../language/language.ts'
import { t } from '../../language/t.ts'

/** The page of a link with a token: the first account, an invitation, a new password, an address to confirm. */
export function LinkPage() {
  useLanguage()
  const path = useLocation({ select: ({ pathname }) => pathname })
  const token = useLocation({ select: ({ search }) => search.token ?? '' })
  switch (path) {
    case '/setup':
      return (
        <NewAccount
          kind="setup"
          token={token}
          title={t('Set up')}
          text={t(
            'This makes the first account: you will be the administrator of this server, and everything that is in it already will be yours.',
          )}
        />
      )
    case '/invite':
      return (
        <NewAccount
          kind="invite"
          token={token}
          title={t('Welcome')}
          text={t('You have been invited. Make an account to begin.')}
        />
      )
    case '/reset':
      return <NewPassword token={token} />
    default:
      return <ConfirmAddress token={token} />
  }
}

function NewAccount(props: {
  kind: 'setup' | 'invite'
  token: string
  title: string
  text: string
}) {
  const { kind, token, title, text } = props
  return (
    <CardPage title={title}>
      <div className="grid gap-5">
        <Head title={title} text={text} />
        <PersonForm
          onCreate={async (person) => {
            await askAuth(`/${kind}`, { token, ...person })
            location.replace(`${basePath}/`)
          }}
        />
      </div>
    </CardPage>
  )
}

function NewPassword({ token }: { token: string }) {
  const { isBusy, error, done, attempt } = useAttempt()
  const [password, setPassword] = useState('')
  function submit(event: FormEvent): void {
    event.preventDefault()
    void attempt(async () => {
      await askAuth('/reset-password', { newPassword: password, token })
      return t('The new password is set, and every login of before has ended.')
    })
  }
  return (
    <CardPage title={t('A new password')}>
      <form onSubmit={submit} className="grid gap-5">
        <Head title={t('A new password')} text={t('It replaces the old one everywhere.')} />
        {done === null && (
          <NewPasswordField
            label={t('New password')}
            autoFocus
            value={password}
            onChange={setPassword}
          />
        )}
        <Outcome error={error} done={done} />
        {done === null ? (
          <Button type="submit" kind="primary" className="min-h-10" aria-disabled={isBusy}>
            {t('Set the password')}
          </Button>
        ) : (
          <Button
            kind="primary"
            className="min-h-10"
            onClick={() => location.replace(`${basePath}/`)}
          >
            {t('Sign in')}
          </Button>
        )}
      </form>
    </CardPage>
  )
}

/** By a button, so that a program that opens links in mails does not confirm anything. */
function ConfirmAddress({ token }: { token: string }) {
  const { isBusy, error, attempt } = useAttempt()
  const confirm = () =>
    attempt(async () => {
      await askAuth(`/verify-email?token=${encodeURIComponent(token)}`)
      location.replace(`${basePath}/`)
    })
  return (
    <CardPage title={t('Confirm your address')}>
      <div className="grid gap-5">
        <Head title={t('Confirm your address')} text={t('Then your account is ready.')} />
        <Outcome error={error} />
        <Button
          kind="primary"
          autoFocus
          className="min-h-10"
          aria-disabled={isBusy}
          onClick={() => void confirm()}
        >
          {t('Confirm')}
        </Button>
      </div>
    </CardPage>
  )
}

function Head({ title, text }: { title: string; text: string }) {
  return (
    <div>
      <h2 className="text-lg font-semibold tracking-tight">{title}</h2>
      <p className="mt-1 text-sm text-muted">{text}</p>
    </div>
  )
}
