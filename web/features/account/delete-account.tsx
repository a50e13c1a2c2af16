import { useEffect, useEffectEvent, useState } from 'react'
import { isConnectionLost } from '../../../shared/client/index.ts'
import { useStore, useThroughline } from '../../../shared/react/index.ts'
import { trpc } from '../../client.ts'
import { Button } from '../../ui/controls/button.tsx'
import { Dialog } from '../../ui/dialog/dialog.tsx'
import { Outcome } from '../../ui/notices/outcome.tsx'
import { TextField } from '../../ui/controls/text-field.tsx'
import { t } from '../../language/t.ts'

const WORD = 'delete'

type Props = {
  /** Called around the request that ends the login of this page. */
  around: (ask: () => Promise<unknown>) => Promise<void>
  onDeleted: () => void
}

/** Deletes the account, after an explanation of what is deleted and what remains. */
export function DeleteAccount(props: Props) {
  const [isOpen, setOpen] = useState(false)
  return (
    <div>
      <Button kind="danger" onClick={() => setOpen(true)}>
        {t('Delete my account…')}
      </Button>
      {isOpen && <ConfirmDialog {...props} onClose={() => setOpen(false)} />}
    </div>
  )
}

function ConfirmDialog({ around, onClose, onDeleted }: Props & { onClose: () => void }) {
  const [word, setWord] = useState('')
  const remove = trpc.account.delete.useMutation({ onSuccess: onDeleted })
  // The server ends the connections of a deleted account, perhaps before its answer has come over one of them.
  const { login } = useThroughline()
  const isSignedOut = useStore(login, (state) => state === 'signed-out')
  const isGone = isSignedOut && (remove.isPending || isConnectionLost(remove.error))
  const end = useEffectEvent(onDeleted)
  useEffect(() => {
    if (isGone) end()
  }, [isGone])
  const isSure = word.trim().toLowerCase() === WORD
  return (
    <Dialog label={t('Delete my account')} onClose={onClose}>
      <form
        className="grid gap-4 p-5 text-sm"
        onSubmit={(event) => {
          event.preventDefault()
          // `remove` has the error.
          if (isSure && !remove.isPending) void around(() => remove.mutateAsync()).catch(() => {})
        }}
      >
        <h2 className="text-base font-semibold">{t('Delete my account')}</h2>
        <div>
          <p>{t('This is gone at once, and for good:')}</p>
          <ul className="list-disc ps-5 text-muted">
            <li>
              {t('every session, with all that was said in it, and answers that are being written')}
            </li>
            <li>{t('every shared link: whoever has one sees nothing any more')}</li>
            <li>{t('your API keys and every login, this one included')}</li>
            <li>{t('your name, address and password')}</li>
          </ul>
        </div>
        <div>
          <p>{t('This stays:')}</p>
          <ul className="list-disc ps-5 text-muted">
            <li>
              {t(
                'the bare facts in the administrators’ audit log: that an account was made, used and deleted, when and from where; never what was said',
              )}
            </li>
            <li>{t('what you exported, and what others copied from a shared link')}</li>
          </ul>
        </div>
        <TextField
          label={t('Type “{word}” to go on', { word: WORD })}
          autoComplete="off"
          autoFocus
          value={word}
          onChange={({ target }) => setWord(target.value)}
        />
        <Outcome error={remove.error?.message ?? null} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('Cancel')}</Button>
          <Button type="submit" kind="danger" disabled={!isSure || remove.isPending}>
            {t('Delete everything')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
