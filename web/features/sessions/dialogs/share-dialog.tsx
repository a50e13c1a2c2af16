import type { Session } from '../../../../shared/contract/session.ts'
import { trpc } from '../../../client.ts'
import { Button } from '../../../ui/button.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { ShareRows } from './share-rows.tsx'

/** Creates a link to the current state of the conversation, and revokes existing links. */
export function ShareDialog({ session, onClose }: { session: Session; onClose: () => void }) {
  const utils = trpc.useUtils()
  const create = trpc.shares.create.useMutation({
    onSuccess: () => utils.shares.list.invalidate(),
  })
  return (
    <Dialog label="Share session" onClose={onClose}>
      <div className="grid gap-4 p-5">
        <h2 className="font-semibold">Share session</h2>
        <p className="text-sm text-muted">
          Anyone with the link can read this conversation as it is now, but not write in it. Later
          messages are not included.
        </p>
        <ShareRows sessionId={session.id} />
        {create.error && (
          <p role="alert" className="text-sm text-danger">
            {create.error.message}
          </p>
        )}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Close</Button>
          <Button
            kind="primary"
            aria-disabled={create.isPending}
            onClick={() => {
              if (!create.isPending) create.mutate({ sessionId: session.id })
            }}
          >
            Create link
          </Button>
        </div>
      </div>
    </Dialog>
  )
}
