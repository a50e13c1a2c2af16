import { whoIsSignedIn } from '../../auth.ts'
import { SignIn } from '../../features/sign-in/sign-in.tsx'
import { CardPage } from './card-page.tsx'
import { t } from '../../language/t.ts'

/** Shown in place of a page that requires a login. */
export default function SignInPage() {
  return (
    <CardPage title={t('Sign in')}>
      <SignIn onSignedIn={onSignedIn} />
    </CardPage>
  )
}

/** Reloads the page, because until the refusal it showed the data that the browser keeps of the person before. */
async function onSignedIn(): Promise<void> {
  if ((await whoIsSignedIn()) === null) {
    throw new Error(t('The browser did not keep the login. Are cookies allowed?'))
  }
  location.reload()
}
