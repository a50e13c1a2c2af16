import { useState } from 'react'
import type { FormEvent } from 'react'
import { trpc } from '../../client.ts'
import { Button } from '../../ui/controls/button.tsx'
import { Outcome } from '../../ui/notices/outcome.tsx'
import { SelectField } from '../../ui/controls/select-field.tsx'
import { TextField } from '../../ui/controls/text-field.tsx'
import { t } from '../../language/t.ts'

const scopes = [
  {
    value: 'write',
    get label() {
      return t('Read and write')
    },
  },
  {
    value: 'read',
    get label() {
      return t('Read only')
    },
  },
] as const
const lifetimes = [
  {
    value: '',
    get label() {
      return t('Until revoked')
    },
  },
  {
    value: '7',
    get label() {
      return t('{count, plural, one {# day} other {# days}}', { count: 7 })
    },
  },
  {
    value: '30',
    get label() {
      return t('{count, plural, one {# day} other {# days}}', { count: 30 })
    },
  },
  {
    value: '365',
    get label() {
      return t('One year')
    },
  },
] as const

/** Makes a key. */
export function KeyForm(props: { onMade: (made: { name: string; key: string }) => void }) {
  const utils = trpc.useUtils()
  const [name, setName] = useState('')
  const [scope, setScope] = useState<(typeof scopes)[number]['value']>('write')
  const [days, setDays] = useState<(typeof lifetimes)[number]['value']>('')
  const [usdPerDay, setUsdPerDay] = useState('')
  const create = trpc.keys.create.useMutation({
    onSuccess(made) {
      props.onMade(made)
      setName('')
      void utils.keys.list.invalidate()
    },
  })
  function submit(event: FormEvent): void {
    event.preventDefault()
    if (create.isPending) return
    create.mutate({
      name: name.trim(),
      scope,
      ...(days !== '' && { expiresAt: inDays(Number(days)) }),
      ...(usdPerDay !== '' && { usdPerDay: Number(usdPerDay) }),
    })
  }
  return (
    <form onSubmit={submit} aria-label={t('New key')} className="grid gap-3">
      <div className="grid gap-3 sm:grid-cols-2">
        <TextField
          label={t('Name of the key')}
          required
          maxLength={100}
          autoComplete="off"
          value={name}
          onChange={({ target }) => setName(target.value)}
        />
        <SelectField label={t('It may')} value={scope} options={scopes} onChange={setScope} />
        <SelectField label={t('It lasts')} value={days} options={lifetimes} onChange={setDays} />
        <TextField
          label={t('US dollars a day')}
          type="number"
          min={0}
          step="any"
          placeholder={t('no limit of its own')}
          value={usdPerDay}
          onChange={({ target }) => setUsdPerDay(target.value)}
        />
      </div>
      <Outcome error={create.error?.message ?? null} />
      <div>
        <Button type="submit" aria-disabled={create.isPending}>
          {t('Make a key')}
        </Button>
      </div>
    </form>
  )
}

function inDays(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString()
}
