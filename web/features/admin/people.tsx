import { useDeferredValue, useState } from 'react'
import type { Outputs } from '../../../shared/client/index.ts'
import { trpc } from '../../client.ts'
import { Button } from '../../ui/controls/button.tsx'
import { DataTable } from '../../ui/data-table.tsx'
import { Outcome } from '../../ui/notices/outcome.tsx'
import { TextField } from '../../ui/controls/text-field.tsx'
import { PersonDialog } from './person-dialog.tsx'
import { roleName } from './role-name.ts'
import { t } from '../../language/t.ts'
import { formatMoment } from '../../language/amounts.ts'

export type Person = Outputs['admin']['users']['list']['items'][number]

const head = [
  {
    get name() {
      return t('Person')
    },
  },
  {
    get name() {
      return t('Role')
    },
  },
  {
    get name() {
      return t('Since')
    },
    isExtra: true,
  },
  {
    get name() {
      return t('Change')
    },
  },
]

/** Everybody with an account here. */
export function People() {
  const [search, setSearch] = useState('')
  const [openId, setOpenId] = useState<string | null>(null)
  const wanted = useDeferredValue(search.trim())
  const { data, error, hasNextPage, fetchNextPage, isFetchingNextPage } =
    trpc.admin.users.list.useInfiniteQuery(wanted === '' ? {} : { search: wanted }, {
      getNextPageParam: (page) => page.nextCursor,
      staleTime: 0,
      placeholderData: (previous) => previous,
    })
  const people = data?.pages.flatMap(({ items }) => items) ?? []
  const opened = people.find(({ id }) => id === openId)
  return (
    <div className="grid grid-cols-1 gap-4">
      <TextField
        label={t('Find by name or address')}
        type="search"
        className="max-w-md"
        value={search}
        onChange={({ target }) => setSearch(target.value)}
      />
      <Outcome error={error?.message ?? null} />
      {data && (
        <DataTable
          label={t('People')}
          none={t('Nobody is found.')}
          head={head}
          rows={people.map((person) => ({ key: person.id, cells: cellsOf(person, setOpenId) }))}
        />
      )}
      {hasNextPage && (
        <Button disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {t('More people')}
        </Button>
      )}
      {opened && <PersonDialog person={opened} onClose={() => setOpenId(null)} />}
    </div>
  )
}

function cellsOf(person: Person, open: (id: string) => void) {
  const { id, name, email, role, suspendedAt, createdAt } = person
  return [
    <span key="name">
      <span className="block wrap-anywhere">{name}</span>
      <span className="block text-xs wrap-anywhere text-muted">{email ?? t('a guest')}</span>
    </span>,
    <span key="role" className={suspendedAt === null ? '' : 'text-danger'}>
      {suspendedAt === null ? roleName(role) : t('suspended')}
    </span>,
    <span key="since" className="whitespace-nowrap text-muted">
      {formatMoment(createdAt)}
    </span>,
    <Button key="change" aria-label={t('Change {name}', { name })} onClick={() => open(id)}>
      {t('Change')}
    </Button>,
  ]
}
