import { useState } from 'react'
import type { Outputs } from '../../../shared/client/index.ts'
import { trpc } from '../../client.ts'
import { Button } from '../../ui/button.tsx'
import { DataTable } from '../../ui/data-table.tsx'
import { download } from '../../ui/download.ts'
import { formatMoment } from '../../ui/moment.ts'
import { Outcome } from '../../ui/outcome.tsx'
import { SelectField } from '../../ui/select-field.tsx'
import { TextField } from '../../ui/text-field.tsx'
import { useAttempt } from '../../ui/use-attempt.ts'
import { actions } from './audit-actions.ts'

type Entry = Outputs['admin']['audit']['items'][number]

const options = [
  { value: '', label: 'Everything' },
  ...actions.map((action) => ({ value: action, label: action.replace('.', ' ') })),
]
const head = [{ name: 'What' }, { name: 'Who' }, { name: 'To' }, { name: 'From' }, { name: 'When' }]

/** Who did what, the newest first; never what anybody said. */
export function Audit() {
  const utils = trpc.useUtils()
  const [action, setAction] = useState('')
  const [day, setDay] = useState('')
  const filter = { ...(action !== '' && { action }), ...(day !== '' && { from: startOf(day) }) }
  const { data, error, hasNextPage, fetchNextPage, isFetchingNextPage } =
    trpc.admin.audit.useInfiniteQuery(filter, {
      getNextPageParam: (page) => page.nextCursor,
      staleTime: 0,
      placeholderData: (previous) => previous,
    })
  const exporting = useAttempt()
  const takeOut = () =>
    exporting.attempt(async () => {
      const file = await utils.client.admin.exportAudit.query(filter)
      download(file.name, file.mimeType, [file.content])
    })
  return (
    <div className="grid grid-cols-1 gap-4">
      <div className="grid items-end gap-3 sm:grid-cols-[1fr_1fr_auto]">
        <SelectField label="Action" value={action} options={options} onChange={setAction} />
        <TextField
          label="From this day on"
          type="date"
          value={day}
          onChange={({ target }) => setDay(target.value)}
        />
        <Button
          className="min-h-10"
          aria-disabled={exporting.isBusy}
          onClick={() => void takeOut()}
        >
          Export as JSON lines
        </Button>
      </div>
      <Outcome error={error?.message ?? exporting.error} />
      {data && (
        <DataTable
          label="Audit log"
          none="Nothing is noted."
          head={head}
          rows={data.pages
            .flatMap(({ items }) => items)
            .map((entry) => ({ key: String(entry.id), cells: cellsOf(entry) }))}
        />
      )}
      {hasNextPage && (
        <Button disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          Older entries
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
      <span className="block whitespace-nowrap">{action.replace('.', ' ')}</span>
      <span className="block max-w-60 text-xs wrap-anywhere text-muted">{details.join(', ')}</span>
    </span>,
    actorName ?? shortened(actorId) ?? 'nobody',
    targetName ?? shortened(targetId) ?? '',
    address ?? '',
    <span key="when" className="whitespace-nowrap text-muted">
      {formatMoment(at)}
    </span>,
  ]
}

function shortened(id: string | null): string | null {
  return id === null ? null : `…${id.slice(-12)}`
}

function startOf(day: string): string {
  return new Date(`${day}T00:00`).toISOString()
}
