import { useState } from 'react'
import { trpc } from '../client.ts'
import { SignIn } from '../features/sign-in/sign-in.tsx'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { t } from '../language/t.ts'

/** Says to a guest that an account keeps what they have. */
export default function GuestBanner() {
  const [start, setStart] = useState<'password' | 'sign-up' | null>(null)
  const { data: options } = trpc.auth.options.useQuery()
  return (
    <aside
      aria-label={t('Guest')}
      className="flex shrink-0 flex-wrap items-center justify-center gap-x-4 gap-y-1 border-b border-border bg-accent-soft px-4 py-1.5 text-sm"
    >
      <p>{t('You are a guest. An account keeps what you have.')}</p>
      <span className="flex gap-2">
        {options?.signup === 'open' && (
          <Button onClick={() => setStart('sign-up')}>{t('Create an account')}</Button>
        )}
        <Button onClick={() => setStart('password')}>{t('Sign in')}</Button>
      </span>
      {start !== null && (
        <Dialog label={t('Keep what you have')} onClose={() => setStart(null)}>
          <div className="p-6">
            <SignIn
              isGuest
              start={start}
              text={t('Everything that you have here comes with you.')}
              onSignedIn={async () => location.reload()}
            />
          </div>
        </Dialog>
      )}
    </aside>
  )
}
