import { LogOut } from 'lucide-react'
import { useState } from 'react'
import { useThroughline } from '../../shared/react/index.ts'
import { askAuth } from '../auth.ts'
import { trpc } from '../client.ts'
import { IconButton } from '../ui/icon-button.tsx'
import { useAttempt } from '../ui/use-attempt.ts'
import { leaveForGood } from './sign-in/leave-for-good.ts'
import UnsentDialog from './sign-in/unsent-dialog.tsx'
import { t } from '../language/t.ts'

/** Who is signed in, and the way out; only where there are accounts. */
export default function PersonBar() {
  const { data: me } = trpc.me.useQuery()
  const { error, attempt } = useAttempt()
  const signOut = () =>
    attempt(async () => {
      await askAuth('/sign-out', {})
      await leaveForGood()
    })
  const { outbox } = useThroughline()
  const [isAsking, setAsking] = useState(false)
  const isAnyWaiting = () => outbox.getSnapshot().length > 0
  if (!me) return null
  return (
    <div
      role="group"
      aria-label={t('Signed in')}
      className="flex shrink-0 items-center gap-2 border-t border-border py-1.5 pe-2 ps-4 text-sm"
    >
      <span className="min-w-0 flex-1 truncate" title={me.email ?? me.name}>
        {me.name}
      </span>
      {error !== null && (
        <span role="alert" className="text-xs text-danger">
          {error}
        </span>
      )}
      <IconButton
        label={t('Sign out')}
        onClick={() => (isAnyWaiting() ? setAsking(true) : void signOut())}
      >
        <LogOut aria-hidden size={15} className="rtl:-scale-x-100" />
      </IconButton>
      {isAsking && (
        <UnsentDialog
          onClose={() => setAsking(false)}
          onSignOut={() => {
            setAsking(false)
            void signOut()
          }}
        />
      )}
    </div>
  )
}
