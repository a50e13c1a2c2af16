import { useState } from 'react'
import type { ReactNode } from 'react'
import type { Outputs } from '../../../shared/client/index.ts'
import { trpc } from '../../client.ts'
import { Button } from '../../ui/controls/button.tsx'
import { DataTable } from '../../ui/data-table.tsx'
import { downloadFrom } from '../../ui/files/download.ts'
import { Outcome } from '../../ui/notices/outcome.tsx'
import { SelectField } from '../../ui/controls/select-field.tsx'
import { TextField } from '../../ui/controls/text-field.tsx'
import { actionName, actions } from './audit-actions.ts'
import { t } from '../../language/t.ts'
import { formatMoment } from '../../language/amounts.ts'

type Entry = Outputs['admin']['audit']['items'][number]

const options = [
  {
    value: '',
    get label() {
      return t('Everything')
    },
  },
  ...actions.map((action) => ({
    value: action,
    get label() {
      return actionName(action)
    },
  })),
]
const head = [
  {
    get name() {
      return t('What')
    },
  },
  {
    get name() {
      return t('Who')
    },
  },
  {
    get name() {
      return t('To')
    },
  },
  {
    get name() {
      return t('From')
    },
  },
  {
    get name() {
      return t('When')
    },
  },
]

/** The audit log, newest first; it never has message text. */
export function Audit() {
  const [action, setAction] = useState('')
  const [day, setDay] = useState('')
  const filter = { ...(action !== '' && { action }), ...(day !== '' && { from: startOf(day) }) }
  const { data, error, hasNextPage, fetchNextPage, isFetchingNextPage } =
    trpc.admin.audit.useInfiniteQuery(filter, {
      getNextPageParam: (page) => page.nextCursor,
      staleTime: 0,
      placeholderData: (previous) => previous,
    })
  const takeOut = () =>
    downloadFrom(`/api/admin/audit/export?${new URLSearchParams(filter).toString()}`)
  return (
    <div className="grid grid-cols-1 gap-4">
      <div className="grid items-end gap-3 sm:grid-cols-[1fr_1fr_auto]">
        <SelectField label={t('Action')} value={action} options={options} onChange={setAction} />
        <TextField
          label={t('From this day on')}
          type="date"
          value={day}
          onChange={({ target }) => setDay(target.value)}
        />
        <Button className="min-h-10" onClick={takeOut}>
          {t('Export as JSON lines')}
        </Button>
      </div>
      <Outcome error={error?.message ?? null} />
      {data && (
        <DataTable
          label={t('Audit log')}
          none={t('Nothing is noted.')}
          head={head}
          rows={data.pages
            .flatMap(({ items }) => items)
            .map((entry) => ({ key: String(entry.id), cells: cellsOf(entry) }))}
        />
      )}
      {hasNextPage && (
        <Button disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {t('Older entries')}
        </Button>
      )}
    </div>
  )
}

function cellsOf(entry: Entry) {
  const { at, action, actorId, actorName, targetId, targetName, address, detail } = entry
  const details = Object.entries(detail).map(([name, value]) => `${name}: ${JSON.stringify(value)}`)
  return [
    <span key="what">
      <span className="block whitespace-nowrap">{actionName(action)}</span>
      <span className="block max-w-60 text-xs wrap-anywhere text-muted">
        <bdi>{details.join(', ')}</bdi>
      </span>
    </span>,
    actorName ?? shortened(actorId) ?? t('nobody'),
    targetName ?? shortened(targetId),
    address ?? '',
    <span key="when" className="whitespace-nowrap text-muted">
      {formatMoment(at)}
    </span>,
  ]
}

function shortened(id: string | null): ReactNode {
  return id && <bdi className="whitespace-nowrap">{`…${id.slice(-12)}`}</bdi>
}

function startOf(day: string): string {
  return new Date(`${day}T00:00`).toISOString()
}
