import { useEffect } from 'react'
import { useThroughline } from '../../../shared/react/index.ts'
import { whoIsSignedIn } from '../../auth.ts'
import { isHere, trpc } from '../../client.ts'
import { SignIn } from '../../features/sign-in/sign-in.tsx'
import { Button } from '../../ui/controls/button.tsx'
import { Dialog } from '../../ui/dialog/dialog.tsx'
import { personStorage } from '../../person-storage.ts'
import { leaveTo } from './leave.ts'
import { t } from '../../language/t.ts'

/** Shown over the page of a person whose login has ended. The page keeps its state, unless another person signs in. */
export default function SignInDialog() {
  const { login } = useThroughline()
  const utils = trpc.useUtils()

  async function goOn(): Promise<void> {
    const [before, now] = [personStorage.owner, await whoIsSignedIn()]
    if (now === null) throw new Error(t('The browser did not keep the login. Are cookies allowed?'))
    // Another person must not see this page. A guest who has signed up in the meantime is the same person.
    if (before !== now) return isHere(now)
    login.renew()
    await utils.invalidate()
  }

  useEffect(() => {
    // Perhaps in another tab.
    const look = (): void => {
      if (document.visibilityState === 'visible') void goOn().catch(() => undefined)
    }
    document.addEventListener('visibilitychange', look)
    return () => document.removeEventListener('visibilitychange', look)
  })

  return (
    <Dialog label={t('Sign in again')} onClose={() => undefined}>
      <div className="grid gap-4 p-6">
        <SignIn
          text={t('Your login has ended. What you wrote and read is still here.')}
          onSignedIn={goOn}
        />
        <Button className="border-transparent" onClick={() => leaveTo('/')}>
          {t('Leave this page')}
        </Button>
      </div>
    </Dialog>
  )
}
