import { useStore, useThroughline } from '../../../shared/react/index.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'

/** Before a sign-out that would lose what waits for the connection. */
export default function UnsentDialog(props: { onClose: () => void; onSignOut: () => void }) {
  const { outbox } = useThroughline()
  const count = useStore(outbox, (entries) => entries.length)
  return (
    <Dialog label="Messages are not sent yet" onClose={props.onClose}>
      <div className="grid gap-4 p-6">
        <h2 className="text-lg font-semibold">
          {count === 1 ? 'A message is not sent yet' : `${count} messages are not sent yet`}
        </h2>
        <p className="text-muted">
          What waits for the connection is kept in this browser. Signing out forgets it.
        </p>
        <div className="flex justify-end gap-2">
          <Button onClick={props.onSignOut}>Sign out all the same</Button>
          <Button kind="primary" onClick={props.onClose}>
            Stay
          </Button>
        </div>
      </div>
    </Dialog>
  )
}
