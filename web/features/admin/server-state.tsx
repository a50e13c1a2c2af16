import { trpc } from '../../client.ts'
import { DataTable } from '../../ui/data-table.tsx'
import { Outcome } from '../../ui/notices/outcome.tsx'
import { limitNames } from './limit-names.ts'
import { t } from '../../language/t.ts'
import { formatCost, formatMoment } from '../../language/amounts.ts'
import { formatNumber } from '../../language/format.ts'

const head = [
  {
    get name() {
      return t('Node')
    },
  },
  {
    get name() {
      return t('State')
    },
  },
  {
    get name() {
      return t('Since')
    },
  },
  {
    get name() {
      return t('Answers')
    },
    isFigure: true,
  },
  {
    get name() {
      return t('Sessions read')
    },
    isFigure: true,
  },
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
          label={t('Nodes')}
          none={t('There is none.')}
          head={head}
          rows={data.items.map((node) => ({
            key: node.id,
            cells: [
              <span key="id">
                <code className="font-mono text-xs">{node.id.slice(-12)}</code>
                {node.isSelf && (
                  <span className="text-xs text-accent">{` · ${t('this one')}`}</span>
                )}
              </span>,
              node.isAlive
                ? t('alive')
                : t('silent since {when}', { when: formatMoment(node.leaseUntil) }),
              <span key="since" className="whitespace-nowrap">
                {formatMoment(node.startedAt)}
              </span>,
              formatNumber(node.runs),
              formatNumber(node.sessionsRead),
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
  const rows = perUser ? limitNames.map(([key, name]) => [key, t(name), perUser[key]] as const) : []
  return (
    <DataTable
      label={t('Limits in force')}
      none={t('There is none.')}
      head={[{ name: t('Limit') }, { name: t('Most'), isFigure: true }]}
      rows={[
        ...rows.map(([key, name, most]) => ({
          key,
          cells: [name, most === null ? t('none') : formatNumber(most)],
        })),
        {
          key: 'all',
          cells: [
            t('US dollars a day, of all together'),
            budgetUsdPerDay === null ? t('none') : formatCost(budgetUsdPerDay),
          ],
        },
      ]}
    />
  )
}

/** The settings with which the server was started; secrets by name only. */
export function SettingsInForce() {
  const { data, error } = trpc.admin.settings.useQuery(undefined, { staleTime: 0 })
  if (!data) return <Outcome error={error?.message ?? null} />
  return (
    <DataTable
      label={t('Settings in force')}
      none={t('There is none.')}
      head={[{ name: t('Setting') }, { name: t('Value') }]}
      rows={data.items.map(({ name, value, isHidden }) => ({
        key: name,
        cells: [
          <code key="name" className="font-mono text-xs">
            {name}
          </code>,
          isHidden ? (
            t('set, and not shown')
          ) : (
            <bdi key="value" className="wrap-anywhere">
              {value === '' ? t('empty') : (value ?? t('not set'))}
            </bdi>
          ),
        ],
      }))}
    />
  )
}
