import { useState } from 'react'
import type { FormEvent } from 'react'
import type { Outputs } from '../../../shared/client/index.ts'
import { trpc } from '../../client.ts'
import { Button } from '../../ui/controls/button.tsx'
import { Outcome } from '../../ui/notices/outcome.tsx'
import { SelectField } from '../../ui/controls/select-field.tsx'
import { TextField } from '../../ui/controls/text-field.tsx'
import { LinkToHandOver } from './link-to-hand-over.tsx'
import { roleName } from './role-name.ts'
import { roles } from './roles.ts'
import { t } from '../../language/t.ts'
import { formatMoment } from '../../language/amounts.ts'

/** Invitations: a link is shown once, to be handed over. */
export function Invites() {
  const utils = trpc.useUtils()
  const [email, setEmail] = useState('')
  const [role, setRole] = useState<(typeof roles)[number]['value']>('member')
  const { data } = trpc.admin.invites.list.useQuery(undefined, { staleTime: 0 })
  const onSettled = () => utils.admin.invites.list.invalidate()
  const create = trpc.admin.invites.create.useMutation({ onSettled })
  const revoke = trpc.admin.invites.revoke.useMutation({ onSettled })
  const open = data?.items.filter(isOpen) ?? []
  function submit(event: FormEvent): void {
    event.preventDefault()
    if (!create.isPending) create.mutate({ role, ...(email !== '' && { email: email.trim() }) })
  }
  return (
    <div className="grid grid-cols-1 gap-4">
      <form onSubmit={submit} aria-label={t('New invitation')} className="grid gap-3">
        <div className="grid gap-3 sm:grid-cols-2">
          <TextField
            label={t('Email')}
            type="email"
            autoComplete="off"
            placeholder={t('whoever has the link')}
            value={email}
            onChange={({ target }) => setEmail(target.value)}
          />
          <SelectField label={t('Role')} value={role} options={roles} onChange={setRole} />
        </div>
        <Outcome error={create.error?.message ?? revoke.error?.message ?? null} />
        <div>
          <Button type="submit" aria-disabled={create.isPending}>
            {t('Invite')}
          </Button>
        </div>
      </form>
      {create.data && <LinkToHandOver link={create.data.link} label={t('Copy the invitation')} />}
      {open.length > 0 && (
        <ul aria-label={t('Open invitations')} className="grid gap-2">
          {open.map((invite) => (
            <li
              key={invite.id}
              className="flex items-center gap-3 rounded-xl border border-border py-1.5 pe-1.5 ps-3 text-sm"
            >
              <span className="min-w-0 flex-1">
                <span className="block truncate">{invite.email ?? t('Whoever has the link')}</span>
                <span className="block text-xs text-muted">
                  {[
                    t('as {role}', { role: roleName(invite.role) }),
                    invite.expiresAt === null
                      ? t('until used')
                      : t('until {when}', { when: formatMoment(invite.expiresAt) }),
                  ].join(' · ')}
                </span>
              </span>
              <Button
                aria-label={t('Take back the invitation of {name}', {
                  name: invite.email ?? t('whoever has the link'),
                })}
                disabled={revoke.isPending}
                onClick={() => revoke.mutate({ id: invite.id })}
              >
                {t('Take back')}
              </Button>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}

function isOpen(invite: Outputs['admin']['invites']['list']['items'][number]): boolean {
  if (invite.usedAt !== null || invite.revokedAt !== null) return false
  return invite.expiresAt === null || Date.parse(invite.expiresAt) > Date.now()
}
