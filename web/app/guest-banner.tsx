import { useEffect, useState } from 'react'
import { whoIsSignedIn } from '../auth.ts'
import { isHere, trpc } from '../client.ts'
import { noteBecoming, noteGuest, personStorage } from '../person-storage.ts'
import { SignIn } from '../features/sign-in/sign-in.tsx'
import { Button } from '../ui/controls/button.tsx'
import { Dialog } from '../ui/dialog/dialog.tsx'
import { t } from '../language/t.ts'

/** Reloads the page, with the guest's drafts as drafts of the account. */
async function comeAlong(): Promise<void> {
  const id = await whoIsSignedIn()
  if (id !== null) await isHere(id)
  location.reload()
}

/** Tells a guest that an account keeps their data. */
export default function GuestBanner() {
  const [start, setStart] = useState<'password' | 'sign-up' | null>(null)
  const { data: options } = trpc.auth.options.useQuery()
  const { data: me } = trpc.me.useQuery()
  useEffect(() => {
    const note = (): void => {
      if (me?.id === personStorage.owner) noteGuest()
    }
    note()
    // It may become known only after this is drawn.
    return personStorage.onOwner(note)
  }, [me])
  const begin = (step: 'password' | 'sign-up'): void => {
    noteBecoming()
    setStart(step)
  }
  return (
    <aside
      aria-label={t('Guest')}
      className="flex shrink-0 flex-wrap items-center justify-center gap-x-4 gap-y-1 border-b border-border bg-accent-soft px-4 py-1.5 text-sm"
    >
      <p>{t('You are a guest. An account keeps what you have.')}</p>
      <span className="flex gap-2">
        {options?.signup === 'open' && (
          <Button onClick={() => begin('sign-up')}>{t('Create an account')}</Button>
        )}
        <Button onClick={() => begin('password')}>{t('Sign in')}</Button>
      </span>
      {start !== null && (
        <Dialog label={t('Keep what you have')} onClose={() => setStart(null)}>
          <div className="p-6">
            <SignIn
              isGuest
              start={start}
              text={t('Everything that you have here comes with you.')}
              onSignedIn={comeAlong}
            />
          </div>
        </Dialog>
      )}
    </aside>
  )
}
