import { whoIsSignedIn } from '../../auth.ts'
import { SignIn } from '../../features/sign-in/sign-in.tsx'
import { CardPage } from './card-page.tsx'
import { t } from '../../language/t.ts'

/** In place of a page that only those see who are signed in. */
export default function SignInPage() {
  return (
    <CardPage title={t('Sign in')}>
      <SignIn onSignedIn={onSignedIn} />
    </CardPage>
  )
}

/** Begins anew: until it was refused, the page had what the browser keeps of whoever was here before. */
async function onSignedIn(): Promise<void> {
  if ((await whoIsSignedIn()) === null) {
    throw new Error(t('The browser did not keep the login. Are cookies allowed?'))
  }
  location.reload()
}
