import { DeleteAccount } from '../../features/account/delete-account.tsx'
import { Keys } from '../../features/account/keys.tsx'
import { Logins } from '../../features/account/logins.tsx'
import { Password } from '../../features/account/password.tsx'
import { Profile } from '../../features/account/profile.tsx'
import { SecondFactor } from '../../features/account/second-factor.tsx'
import { leaveForGood } from '../sign-in/leave.ts'
import { Section } from './section.tsx'
import { msg, t } from '../../language/t.ts'

/** What one can do with one's own account; the part of the settings that is there only with accounts. */
export default function AccountSections({ isGuest }: { isGuest: boolean }) {
  return (
    <>
      {!isGuest && (
        <>
          <Section title={msg('Profile')} text={t('How you are called here.')}>
            <Profile />
          </Section>
          <Section title={msg('Password')} text={t('Changing it ends every other login.')}>
            <Password />
          </Section>
          <Section
            title={msg('Second factor')}
            text={t('With it, signing in asks for a code from an authenticator app as well.')}
          >
            <SecondFactor />
          </Section>
        </>
      )}
      <Section
        title={msg('Where you are signed in')}
        text={t('A login that you end is out within seconds.')}
      >
        <Logins />
      </Section>
      <Section
        title={msg('API keys')}
        text={t('A program that has one acts as you, on every interface of this server.')}
      >
        <Keys />
      </Section>
      <Section title={msg('Delete the account')} text={t('Export first what you want to keep.')}>
        <DeleteAccount onDeleted={() => void leaveForGood()} />
      </Section>
    </>
  )
}
