import { useState } from 'react'
import { trpc } from '../../client.ts'
import { Button } from '../../ui/controls/button.tsx'
import { Choice } from '../../ui/controls/choice.tsx'
import { Dialog } from '../../ui/dialog/dialog.tsx'
import { DialogFoot } from '../../ui/dialog/dialog-foot.tsx'
import { Outcome } from '../../ui/notices/outcome.tsx'
import { LimitsForm } from './limits-form.tsx'
import { LinkToHandOver } from './link-to-hand-over.tsx'
import type { Person } from './people.tsx'
import { roles } from './roles.ts'
import { t } from '../../language/t.ts'

/** A dialog in which an administrator changes a person's role, limits and state. */
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
    <Dialog label={t('Change {name}', { name })} onClose={onClose}>
      <div className="grid max-h-[85dvh] gap-5 overflow-y-auto p-5 text-sm">
        <div>
          <h2 className="text-base font-semibold wrap-anywhere">{name}</h2>
          <p className="wrap-anywhere text-muted">{person.email ?? t('A guest')}</p>
        </div>
        <Choice
          label={t('Role')}
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
          done={update.isSuccess ? t('Saved.') : null}
        />
        {reset.data && <LinkToHandOver link={reset.data.link} label={t('Copy the reset link')} />}
        {isDeleting && (
          <p>
            {t(
              'Everything of {name} goes for good: sessions, shared links, keys and logins. The audit log keeps that it was done.',
              { name },
            )}
          </p>
        )}
        <DialogFoot>
          {isDeleting ? (
            <>
              <Button onClick={() => setDeleting(false)}>{t('Keep {name}', { name })}</Button>
              <Button kind="danger" disabled={isBusy} onClick={() => remove.mutate({ id })}>
                {t('Delete for good')}
              </Button>
            </>
          ) : (
            <>
              <Button disabled={isBusy} onClick={() => setDeleting(true)}>
                {t('Delete…')}
              </Button>
              {person.email !== null && (
                <Button disabled={isBusy} onClick={() => reset.mutate({ id })}>
                  {t('Reset password')}
                </Button>
              )}
              <Button
                disabled={isBusy}
                onClick={() => update.mutate({ id, suspended: suspendedAt === null })}
              >
                {suspendedAt === null ? t('Suspend') : t('Let in again')}
              </Button>
              <Button kind="primary" onClick={onClose}>
                {t('Close')}
              </Button>
            </>
          )}
        </DialogFoot>
      </div>
    </Dialog>
  )
}
