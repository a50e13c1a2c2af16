import { DeleteAccount } from '../../features/account/delete-account.tsx'
import { Keys } from '../../features/account/keys.tsx'
import { Logins } from '../../features/account/logins.tsx'
import { Password } from '../../features/account/password.tsx'
import { Profile } from '../../features/account/profile.tsx'
import { SecondFactor } from '../../features/account/second-factor.tsx'
import { leaveForGood } from '../sign-in/leave.ts'
import { Section } from './section.tsx'

/** What one can do with one's own account; the part of the settings that is there only with accounts. */
export default function AccountSections({ isGuest }: { isGuest: boolean }) {
  return (
    <>
      {!isGuest && (
        <>
          <Section title="Profile" text="How you are called here.">
            <Profile />
          </Section>
          <Section title="Password" text="Changing it ends every other login.">
            <Password />
          </Section>
          <Section
            title="Second factor"
            text="With it, signing in asks for a code from an authenticator app as well."
          >
            <SecondFactor />
          </Section>
        </>
      )}
      <Section title="Where you are signed in" text="A login that you end is out within seconds.">
        <Logins />
      </Section>
      <Section
        title="API keys"
        text="A program that has one acts as you, on every interface of this server."
      >
        <Keys />
      </Section>
      <Section title="Delete the account" text="Export first what you want to keep.">
        <DeleteAccount onDeleted={() => void leaveForGood()} />
      </Section>
    </>
  )
}
