import { useThroughline } from '../../../shared/react/index.ts'
import { queryClient } from '../../client.ts'
import { SignIn } from '../../features/sign-in/sign-in.tsx'
import { CardPage } from './card-page.tsx'
import { t } from '../../language/t.ts'

/** In place of a page that only those see who are signed in. */
export default function SignInPage() {
  const { login } = useThroughline()
  async function onSignedIn(): Promise<void> {
    login.renew()
    await queryClient.invalidateQueries()
  }
  return (
    <CardPage title={t('Sign in')}>
      <SignIn onSignedIn={onSignedIn} />
    </CardPage>
  )
}
