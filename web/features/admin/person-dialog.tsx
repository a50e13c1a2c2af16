import { useState } from 'react'
import { trpc } from '../../client.ts'
import { Button } from '../../ui/button.tsx'
import { Choice } from '../../ui/choice.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Outcome } from '../../ui/outcome.tsx'
import { LimitsForm } from './limits-form.tsx'
import { LinkToHandOver } from './link-to-hand-over.tsx'
import type { Person } from './people.tsx'

const roles = [
  { value: 'member', label: 'Member' },
  { value: 'admin', label: 'Administrator' },
] as const

/** What an administrator may change of a person. */
export function PersonDialog({ person, onClose }: { person: Person; onClose: () => void }) {
  const utils = trpc.useUtils()
  const [isDeleting, setDeleting] = useState(false)
  const onSuccess = () => utils.admin.users.list.invalidate()
  const update = trpc.admin.users.update.useMutation({ onSuccess })
  const remove = trpc.admin.users.delete.useMutation({
    async onSuccess() {
      await utils.admin.users.list.invalidate()
      onClose()
    },
  })
  const reset = trpc.admin.users.resetLink.useMutation()
  const { id, name, suspendedAt } = person
  const isBusy = update.isPending || remove.isPending || reset.isPending
  return (
    <Dialog label={`Change ${name}`} onClose={onClose}>
      <div className="grid max-h-[85dvh] gap-5 overflow-y-auto p-5 text-sm">
        <div>
          <h2 className="text-base font-semibold wrap-anywhere">{name}</h2>
          <p className="wrap-anywhere text-muted">{person.email ?? 'A guest'}</p>
        </div>
        <Choice
          label="Role"
          value={person.role}
          options={roles}
          onChange={(role) => update.mutate({ id, role })}
        />
        <LimitsForm
          limits={person.limits}
          isBusy={isBusy}
          onSave={(limits) => update.mutate({ id, limits })}
        />
        <Outcome
          error={(update.error ?? remove.error ?? reset.error)?.message ?? null}
          done={update.isSuccess ? 'Saved.' : null}
        />
        {reset.data && <LinkToHandOver link={reset.data.link} what="reset link" />}
        {isDeleting && (
          <p>
            Everything of {name} goes for good: sessions, shared links, keys and logins. The audit
            log keeps that it was done.
          </p>
        )}
        <div className="flex flex-wrap justify-end gap-2">
          {isDeleting ? (
            <>
              <Button onClick={() => setDeleting(false)}>Keep {name}</Button>
              <Button kind="danger" disabled={isBusy} onClick={() => remove.mutate({ id })}>
                Delete for good
              </Button>
            </>
          ) : (
            <>
              <Button disabled={isBusy} onClick={() => setDeleting(true)}>
                Delete…
              </Button>
              {person.email !== null && (
                <Button disabled={isBusy} onClick={() => reset.mutate({ id })}>
                  Reset password
                </Button>
              )}
              <Button
                disabled={isBusy}
                onClick={() => update.mutate({ id, suspended: suspendedAt === null })}
              >
                {suspendedAt === null ? 'Suspend' : 'Let in again'}
              </Button>
              <Button kind="primary" onClick={onClose}>
                Close
              </Button>
            </>
          )}
        </div>
      </div>
    </Dialog>
  )
}
