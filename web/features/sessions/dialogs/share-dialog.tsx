import { useState } from 'react'
import type { Session } from '../../../../shared/contract/session.ts'
import { trpc } from '../../../client.ts'
import { Button } from '../../../ui/controls/button.tsx'
import { Dialog } from '../../../ui/dialog/dialog.tsx'
import { ShareRows, shareUrl } from './share-rows.tsx'
import { t } from '../../../language/t.ts'

/** Creates a link to the current state of the conversation, and revokes existing links. */
export function ShareDialog({ session, onClose }: { session: Session; onClose: () => void }) {
  const utils = trpc.useUtils()
  const { data } = trpc.shares.list.useQuery({ sessionId: session.id }, { staleTime: 0 })
  const [copied, setCopied] = useState<'yes' | 'no' | null>(null)
  const [isOld, setOld] = useState(false)
  const create = trpc.shares.create.useMutation({
    onSuccess: async (share) => {
      await utils.shares.list.invalidate()
      await copy(share.token)
    },
  })
  // A share that is newer than the last change is up to date and is offered again.
  const current = data?.shares.find(({ createdAt }) => createdAt >= session.updatedAt)

  async function copy(token: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(shareUrl(token))
      setCopied('yes')
    } catch {
      setCopied('no')
    }
  }
  return (
    <Dialog label={t('Share session')} onClose={onClose}>
      <div className="grid gap-4 p-5">
        <h2 className="font-semibold">{t('Share session')}</h2>
        <p className="text-sm text-muted">
          {t(
            'Anyone with the link can read this conversation as it is now, but not write in it. Later messages are not included.',
          )}
        </p>
        <ShareRows sessionId={session.id} />
        <p role="status" className="text-sm text-muted empty:hidden">
          {isOld && `${t('Nothing was said since the last link, which leads there.')} `}
          {copied === 'yes' && t('The link was copied.')}
          {copied === 'no' && t('The link is above.')}
        </p>
        {create.error && (
          <p role="alert" className="text-sm text-danger">
            {create.error.message}
          </p>
        )}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('Close')}</Button>
          <Button
            kind="primary"
            aria-disabled={create.isPending}
            onClick={() => {
              if (create.isPending) return
              setOld(current !== undefined)
              if (current) void copy(current.token)
              else create.mutate({ sessionId: session.id })
            }}
          >
            {t('Create link')}
          </Button>
        </div>
      </div>
    </Dialog>
  )
}
