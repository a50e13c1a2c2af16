import { useState } from 'react'
import { trpc } from '../../client.ts'
import { Choice } from '../../ui/choice.tsx'
import { DataTable } from '../../ui/data-table.tsx'
import { formatCost } from '../../ui/cost.ts'
import { Outcome } from '../../ui/outcome.tsx'

const kinds = [
  { value: 'user', label: 'By person' },
  { value: 'key', label: 'By key' },
  { value: 'model', label: 'By model' },
  { value: 'day', label: 'By day' },
] as const

const names = { user: 'Person', key: 'Key', model: 'Model', day: 'Day (UTC)' } as const
const figures = ['Answers', 'Input', 'Output', 'Cost'].map((name) => ({ name, isFigure: true }))

/** What everybody used, and what it cost. */
export function UsageOfAll() {
  const [by, setBy] = useState<(typeof kinds)[number]['value']>('user')
  const { data, error } = trpc.admin.usage.useQuery({ by }, { staleTime: 0 })
  return (
    <div className="grid grid-cols-1 gap-4">
      <Choice label="Usage by" value={by} options={kinds} onChange={setBy} />
      <Outcome error={error?.message ?? null} />
      {data && (
        <DataTable
          label="Usage of everybody"
          none="Nothing was used yet."
          head={[{ name: names[by] }, ...figures]}
          rows={[
            ...data.items.map(({ id, name, ...used }) => ({
              key: id ?? '',
              cells: [name ?? id ?? 'without a key', ...figuresOf(used)],
            })),
            ...(data.items.length > 1
              ? [{ key: 'all', cells: ['All together', ...figuresOf(data.total)] }]
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
    used.runs.toLocaleString(),
    used.inputTokens.toLocaleString(),
    used.outputTokens.toLocaleString(),
    formatCost(used.costUsd),
  ]
}
