import type { AppToolCall } from '../../../shared/client/index.ts'
import { t } from '../../language/t.ts'
import { formatDate } from '../../language/format.ts'

type Profile = NonNullable<Extract<AppToolCall, { name: 'fetch_user_profile' }>['output']>

/** The card of a user profile. */
export function UserProfile({ profile }: { profile: Profile }) {
  const since = formatDate(profile.created_at, { dateStyle: 'long' })
  return (
    <div className="flex items-start gap-3.5">
      <div
        aria-hidden
        className="grid size-11 shrink-0 place-items-center rounded-full bg-accent-soft text-lg font-semibold text-accent"
      >
        {initials(profile.name)}
      </div>
      <div className="min-w-0">
        <p className="font-semibold">{profile.name}</p>
        <p className="text-sm wrap-anywhere text-muted">{profile.email ?? t('No email address')}</p>
        <ul className="mt-2 flex flex-wrap gap-1.5 text-xs">
          <li className="rounded-full bg-accent-soft px-2.5 py-0.5 text-accent capitalize">
            {profile.subscription_tier}
          </li>
          <li className="rounded-full bg-hover px-2.5 py-0.5 capitalize">
            {profile.account_status}
          </li>
          <li className="rounded-full bg-hover px-2.5 py-0.5">{t('Since {since}', { since })}</li>
        </ul>
      </div>
    </div>
  )
}

function initials(name: string): string {
  const words = name.trim().split(/\s+/)
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map(
    (word) => [...(word ?? '')][0] ?? '',
  )
  return letters.join('').toUpperCase()
}
