import { useState } from 'react'
import { trpc } from '../../client.ts'
import { useHealth } from '../../health.ts'
import { Choice } from '../../ui/controls/choice.tsx'
import { DataTable } from '../../ui/data-table.tsx'
import { Outcome } from '../../ui/notices/outcome.tsx'
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
const figures = [
  ...[msg('Answers'), msg('Input'), msg('Output')],
  ...[msg('Recordings'), msg('Read aloud'), msg('Cost')],
] as const

/** The usage of all people together, with its cost. */
export function UsageOfAll() {
  const [by, setBy] = useState<(typeof kinds)[number]['value']>('user')
  const isDemo = useHealth()?.model === 'demo'
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
              cells: [name ?? id ?? t('without a key'), ...figuresOf(used, isDemo)],
            })),
            ...(data.items.length > 1
              ? [{ key: 'all', cells: [t('All together'), ...figuresOf(data.total, isDemo)] }]
              : []),
          ]}
        />
      )}
    </div>
  )
}

function figuresOf(
  used: {
    runs: number
    inputTokens: number
    outputTokens: number
    speechIn: number
    speechOut: number
    costUsd: number | null
  },
  isDemo: boolean,
): string[] {
  return [
    formatNumber(used.runs),
    formatNumber(used.inputTokens),
    formatNumber(used.outputTokens),
    formatNumber(used.speechIn),
    formatNumber(used.speechOut),
    used.costUsd === null && isDemo ? t('free') : formatCost(used.costUsd),
  ]
}
