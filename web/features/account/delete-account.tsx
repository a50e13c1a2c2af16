import { useState } from 'react'
import { trpc } from '../../client.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Outcome } from '../../ui/outcome.tsx'
import { TextField } from '../../ui/text-field.tsx'

const WORD = 'delete'

/** Deletes the account, after it was said what goes and what stays. */
export function DeleteAccount({ onDeleted }: { onDeleted: () => void }) {
  const [isOpen, setOpen] = useState(false)
  return (
    <div>
      <Button kind="danger" onClick={() => setOpen(true)}>
        Delete my account…
      </Button>
      {isOpen && <ConfirmDialog onClose={() => setOpen(false)} onDeleted={onDeleted} />}
    </div>
  )
}

function ConfirmDialog({ onClose, onDeleted }: { onClose: () => void; onDeleted: () => void }) {
  const [word, setWord] = useState('')
  const remove = trpc.account.delete.useMutation({ onSuccess: onDeleted })
  const isSure = word.trim().toLowerCase() === WORD
  return (
    <Dialog label="Delete my account" onClose={onClose}>
      <form
        className="grid gap-4 p-5 text-sm"
        onSubmit={(event) => {
          event.preventDefault()
          if (isSure && !remove.isPending) remove.mutate()
        }}
      >
        <h2 className="text-base font-semibold">Delete my account</h2>
        <div>
          <p>This is gone at once, and for good:</p>
          <ul className="list-disc pl-5 text-muted">
            <li>every session, with all that was said in it, and answers that are being written</li>
            <li>every shared link: whoever has one sees nothing any more</li>
            <li>your API keys and every login, this one included</li>
            <li>your name, address and password</li>
          </ul>
        </div>
        <div>
          <p>This stays:</p>
          <ul className="list-disc pl-5 text-muted">
            <li>
              the bare facts in the administrators’ audit log: that an account was made, used and
              deleted, when and from where; never what was said
            </li>
            <li>what you exported, and what others copied from a shared link</li>
          </ul>
        </div>
        <TextField
          label={`Type “${WORD}” to go on`}
          autoComplete="off"
          autoFocus
          value={word}
          onChange={({ target }) => setWord(target.value)}
        />
        <Outcome error={remove.error?.message ?? null} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="danger" disabled={!isSure || remove.isPending}>
            Delete everything
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
