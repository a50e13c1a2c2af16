import { useState, useSyncExternalStore } from 'react'
import type { ReactNode } from 'react'
import { useStore, useThroughline } from '../../shared/react/index.ts'
import { OpeningPage } from './pages/opening-page.tsx'
import { leaving } from './sign-in/leave.ts'
import { lazyPart } from '../ui/loading/lazy-part.tsx'
import { useLanguage } from '../language/language.ts'

const SignInPage = lazyPart(() => import('./sign-in/sign-in-page.tsx'))
const SignInDialog = lazyPart(() => import('./sign-in/sign-in-dialog.tsx'))

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
  const isLeaving = useSyncExternalStore(leaving.subscribe, leaving.get)
  if (state !== 'signed-out' || isLeaving) return children
  return wasSignedIn ? (
    <>
      {children}
      <SignInDialog />
    </>
  ) : (
    <SignInPage fallback={<OpeningPage />} />
  )
}
