import { trpc } from '../../client.ts'
import { formatCost } from '../../ui/cost.ts'
import { DataTable } from '../../ui/data-table.tsx'
import { formatMoment } from '../../ui/moment.ts'
import { Outcome } from '../../ui/outcome.tsx'
import { limitNames } from './limit-names.ts'

const head = [
  { name: 'Node' },
  { name: 'State' },
  { name: 'Since' },
  { name: 'Answers', isFigure: true },
  { name: 'Sessions read', isFigure: true },
]

/** The processes on this database. */
export function Nodes() {
  const { data, error } = trpc.admin.nodes.useQuery(undefined, {
    staleTime: 0,
    refetchInterval: 5_000,
  })
  return (
    <>
      <Outcome error={error?.message ?? null} />
      {data && (
        <DataTable
          label="Nodes"
          none="There is none."
          head={head}
          rows={data.items.map((node) => ({
            key: node.id,
            cells: [
              <span key="id">
                <code className="font-mono text-xs">{node.id.slice(-12)}</code>
                {node.isSelf && <span className="text-xs text-accent"> · this one</span>}
              </span>,
              node.isAlive ? 'alive' : `silent since ${formatMoment(node.leaseUntil)}`,
              <span key="since" className="whitespace-nowrap">
                {formatMoment(node.startedAt)}
              </span>,
              node.runs.toLocaleString(),
              node.sessionsRead.toLocaleString(),
            ],
          }))}
        />
      )}
    </>
  )
}

/** The limits that hold for everybody for whom no others are set. */
export function LimitsInForce() {
  const { data, error } = trpc.admin.limits.useQuery(undefined, { staleTime: 0 })
  if (!data) return <Outcome error={error?.message ?? null} />
  const { perUser, budgetUsdPerDay } = data
  const rows = perUser ? limitNames.map(([key, name]) => [name, perUser[key]] as const) : []
  return (
    <DataTable
      label="Limits in force"
      none="There is none."
      head={[{ name: 'Limit' }, { name: 'Most', isFigure: true }]}
      rows={[
        ...rows.map(([name, most]) => ({
          key: name,
          cells: [name, most === null ? 'none' : most.toLocaleString()],
        })),
        {
          key: 'all',
          cells: [
            'US dollars a day, of all together',
            budgetUsdPerDay === null ? 'none' : formatCost(budgetUsdPerDay),
          ],
        },
      ]}
    />
  )
}
