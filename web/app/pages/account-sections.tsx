import { DeleteAccount } from '../../features/account/delete-account.tsx'
import { Keys } from '../../features/account/keys.tsx'
import { Logins } from '../../features/account/logins.tsx'
import { Password } from '../../features/account/password.tsx'
import { Profile } from '../../features/account/profile.tsx'
import { SecondFactor } from '../../features/account/second-factor.tsx'
import { leaveForGood } from '../sign-in/leave-for-good.ts'
import { whileLeaving } from '../sign-in/leave.ts'
import { Section } from './section.tsx'
import { t } from '../../language/t.ts'

/** The sections of the settings about one's own account; they exist only with accounts. */
export default function AccountSections({ isGuest }: { isGuest: boolean }) {
  return (
    <>
      {!isGuest && (
        <>
          <Section name="profile" title={t('Profile')} text={t('How you are called here.')}>
            <Profile />
          </Section>
          <Section
            name="password"
            title={t('Password')}
            text={t('Changing it ends every other login.')}
          >
            <Password />
          </Section>
          <Section
            name="second-factor"
            title={t('Second factor')}
            text={t('With it, signing in asks for a code from an authenticator app as well.')}
          >
            <SecondFactor />
          </Section>
        </>
      )}
      <Section
        name="where-you-are-signed-in"
        title={t('Where you are signed in')}
        text={t('A login that you end is out within seconds.')}
      >
        <Logins />
      </Section>
      <Section
        name="api-keys"
        title={t('API keys')}
        text={t('A program that has one acts as you, on every interface of this server.')}
      >
        <Keys />
      </Section>
      <Section
        name="delete-the-account"
        title={t('Delete the account')}
        text={t('Export first what you want to keep.')}
      >
        <DeleteAccount around={whileLeaving} onDeleted={() => void leaveForGood()} />
      </Section>
    </>
  )
}
