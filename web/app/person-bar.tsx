import { LogOut } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useThroughline } from '../../shared/react/index.ts'
import { trpc } from '../client.ts'
import { noteKind } from '../person-storage.ts'
import { IconButton } from '../ui/controls/icon-button.tsx'
import { useAttempt } from '../ui/use-attempt.ts'
import { signOut } from './sign-in/sign-out.ts'
import UnsentDialog from './sign-in/unsent-dialog.tsx'
import { useAccounts } from './use-accounts.ts'
import { t } from '../language/t.ts'

/** The person who is signed in, and the button to sign out; only with accounts. */
export default function PersonBar() {
  const { data: me } = trpc.me.useQuery()
  const { error, attempt } = useAttempt()
  const leave = () => void attempt(signOut)
  const { outbox } = useThroughline()
  const [isAsking, setAsking] = useState(false)
  const { isKnown, isGuest } = useAccounts()
  useEffect(() => {
    if (isKnown) noteKind(isGuest ? 'guest' : 'member')
  }, [isKnown, isGuest])
  const isAnyWaiting = () => outbox.getSnapshot().length > 0
  if (!me) return null
  // The server names every guest alike, in English.
  const name = isGuest ? t('Guest') : me.name
  return (
    <div
      role="group"
      aria-label={t('Signed in')}
      className="flex shrink-0 items-center gap-2 border-t border-border py-1.5 pe-2 ps-4 text-sm"
    >
      <bdi className="min-w-0 flex-1 truncate text-match-parent" title={me.email ?? name}>
        {name}
      </bdi>
      {error !== null && (
        <span role="alert" className="text-xs text-danger">
          {error}
        </span>
      )}
      <IconButton
        label={t('Sign out')}
        onClick={() => (isAnyWaiting() ? setAsking(true) : leave())}
      >
        <LogOut aria-hidden size={15} className="rtl:-scale-x-100" />
      </IconButton>
      {isAsking && (
        <UnsentDialog
          onClose={() => setAsking(false)}
          onSignOut={() => {
            setAsking(false)
            leave()
          }}
        />
      )}
    </div>
  )
}
