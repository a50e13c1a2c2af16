import { Suspense, lazy, useState } from 'react'
import type { ReactNode } from 'react'
import { useStore, useThroughline } from '../../shared/react/index.ts'
import { isLeaving } from './sign-in/leave.ts'
import { loaded } from '../ui/loaded.ts'
import { useLanguage } from '../language/language.ts'

const SignInPage = lazy(() => loaded(() => import('./sign-in/sign-in-page.tsx')))
const SignInDialog = lazy(() => loaded(() => import('./sign-in/sign-in-dialog.tsx')))

/**
 * Shows a page to those who are signed in. Others sign in at its address, so that they are where they wanted to be
 * afterwards; and whose login ends meanwhile does so over the page, which keeps all that is on it.
 */
export function LoginGate({ children }: { children: ReactNode }) {
  useLanguage()
  const { login } = useThroughline()
  const state = useStore(login, (value) => value)
  const [wasSignedIn, setSignedIn] = useState(false)
  if (state === 'signed-in' && !wasSignedIn) setSignedIn(true)
  if (state !== 'signed-out' || isLeaving()) return children
  return wasSignedIn ? (
    <>
      {children}
      <Suspense>
        <SignInDialog />
      </Suspense>
    </>
  ) : (
    <Suspense>
      <SignInPage />
    </Suspense>
  )
}
