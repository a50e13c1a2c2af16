import { useState } from 'react'
import { trpc } from '../../client.ts'
import { Choice } from '../../ui/choice.tsx'
import { DataTable } from '../../ui/data-table.tsx'
import { Outcome } from '../../ui/outcome.tsx'
import { msg, t } from '../../language/t.ts'
import { formatCost } from '../../language/amounts.ts'
import { formatNumber } from '../../language/format.ts'

const kinds = [
  {
    value: 'user',
    get label() {
      return t('By person')
    },
  },
  {
    value: 'key',
    get label() {
      return t('By key')
    },
  },
  {
    value: 'model',
    get label() {
      return t('By model')
    },
  },
  {
    value: 'day',
    get label() {
      return t('By day')
    },
  },
] as const

const names = {
  user: msg('Person'),
  key: msg('Key'),
  model: msg('Model'),
  day: msg('Day (UTC)'),
} as const
const figures = [msg('Answers'), msg('Input'), msg('Output'), msg('Cost')] as const

/** What everybody used, and what it cost. */
export function UsageOfAll() {
  const [by, setBy] = useState<(typeof kinds)[number]['value']>('user')
  const { data, error } = trpc.admin.usage.useQuery({ by }, { staleTime: 0 })
  return (
    <div className="grid grid-cols-1 gap-4">
      <Choice label={t('Usage by')} value={by} options={kinds} onChange={setBy} />
      <Outcome error={error?.message ?? null} />
      {data && (
        <DataTable
          label={t('Usage of everybody')}
          none={t('Nothing was used yet.')}
          head={[
            { name: t(names[by]) },
            ...figures.map((name) => ({ name: t(name), isFigure: true })),
          ]}
          rows={[
            ...data.items.map(({ id, name, ...used }) => ({
              key: id ?? '',
              cells: [name ?? id ?? t('without a key'), ...figuresOf(used)],
            })),
            ...(data.items.length > 1
              ? [{ key: 'all', cells: [t('All together'), ...figuresOf(data.total)] }]
              : []),
          ]}
        />
      )}
    </div>
  )
}

function figuresOf(used: {
  runs: number
  inputTokens: number
  outputTokens: number
  costUsd: number | null
}): string[] {
  return [
    formatNumber(used.runs),
    formatNumber(used.inputTokens),
    formatNumber(used.outputTokens),
    formatCost(used.costUsd),
  ]
}
