import { LogOut } from 'lucide-react'
import { askAuth } from '../auth.ts'
import { trpc } from '../client.ts'
import { IconButton } from '../ui/icon-button.tsx'
import { useAttempt } from '../ui/use-attempt.ts'
import { leaveTo } from './sign-in/leave.ts'

/** Who is signed in, and the way out; only where there are accounts. */
export default function PersonBar() {
  const { data: me } = trpc.me.useQuery()
  const { error, attempt } = useAttempt()
  const signOut = () =>
    attempt(async () => {
      await askAuth('/sign-out', {})
      leaveTo('/')
    })
  if (!me) return null
  return (
    <div
      role="group"
      aria-label="Signed in"
      className="flex shrink-0 items-center gap-2 border-t border-border py-1.5 pr-2 pl-4 text-sm"
    >
      <span className="min-w-0 flex-1 truncate" title={me.email ?? me.name}>
        {me.name}
      </span>
      {error !== null && (
        <span role="alert" className="text-xs text-danger">
          {error}
        </span>
      )}
      <IconButton label="Sign out" onClick={() => void signOut()}>
        <LogOut aria-hidden size={15} />
      </IconButton>
    </div>
  )
}
