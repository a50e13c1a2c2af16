import type { ReactNode } from 'react'
import type { AppToolCall } from '../../../shared/client/index.ts'
import { Meter } from '../../ui/meter.tsx'
import { t } from '../../language/t.ts'
import { formatBytes, formatDuration } from '../../language/amounts.ts'
import { formatDate, formatNumber } from '../../language/format.ts'

type Metrics = NonNullable<Extract<AppToolCall, { name: 'get_system_metrics' }>['output']>
type Reading<Type extends Metrics['metric_type']> = Extract<Metrics, { metric_type: Type }>

/** Metrics of the server's machine: percentages as meters, the rest as numbers. */
export function SystemMetrics({ metrics }: { metrics: Metrics }): ReactNode {
  switch (metrics.metric_type) {
    case 'cpu':
      return <Cpu cpu={metrics} />
    case 'memory':
      return <Memory memory={metrics} />
    case 'process':
      return <Process process={metrics} />
    case 'uptime':
      return <Uptime uptime={metrics} />
    case 'all':
      return (
        <div className="grid gap-4">
          <Cpu cpu={metrics.cpu} />
          <Memory memory={metrics.memory} />
          <Process process={metrics.process} />
          <Uptime uptime={metrics.uptime} />
        </div>
      )
  }
}

function Cpu({ cpu }: { cpu: Reading<'cpu'> }) {
  const { one_minute, five_minutes, fifteen_minutes } = cpu.load_average
  return (
    <div className="grid gap-3">
      <Meter
        alarmAt={95}
        label={t('CPU')}
        percent={cpu.usage_percent}
        detail={t('{percent} of {cores}', {
          percent: percent(cpu.usage_percent),
          cores: t('{count, plural, one {# core} other {# cores}}', { count: cpu.cores }),
        })}
      />
      <Figures
        figures={[
          [t('Load, 1 min'), load(one_minute)],
          [t('{amount} min', { amount: formatNumber(5) }), load(five_minutes)],
          [t('{amount} min', { amount: formatNumber(15) }), load(fifteen_minutes)],
        ]}
      />
    </div>
  )
}

function Memory({ memory }: { memory: Reading<'memory'> }) {
  const detail = t('{used} of {total}, {percent}', {
    used: formatBytes(memory.used_bytes),
    total: formatBytes(memory.total_bytes),
    percent: percent(memory.used_percent),
  })
  return <Meter alarmAt={90} label={t('Memory')} percent={memory.used_percent} detail={detail} />
}

function Process({ process }: { process: Reading<'process'> }) {
  const heap = (process.heap_used_bytes / Math.max(1, process.heap_total_bytes)) * 100
  const detail = t('{used} of {total}', {
    used: formatBytes(process.heap_used_bytes),
    total: formatBytes(process.heap_total_bytes),
  })
  return (
    <div className="grid gap-3">
      <Meter label={t('Server heap')} percent={heap} detail={detail} />
      <Figures
        figures={[
          [t('Resident memory'), formatBytes(process.resident_bytes)],
          [t('CPU time'), formatDuration(process.cpu_seconds * 1000)],
          ['Node', process.node_version],
          [t('Process'), String(process.pid)],
        ]}
      />
    </div>
  )
}

function Uptime({ uptime }: { uptime: Reading<'uptime'> }) {
  return (
    <Figures
      figures={[
        [t('Machine uptime'), formatDuration(uptime.system_seconds * 1000)],
        [t('Server uptime'), formatDuration(uptime.process_seconds * 1000)],
        [
          t('Started'),
          formatDate(uptime.server_started_at, { dateStyle: 'short', timeStyle: 'medium' }),
        ],
      ]}
    />
  )
}

function Figures({ figures }: { figures: [label: string, value: string][] }) {
  return (
    <dl className="flex flex-wrap gap-x-6 gap-y-2">
      {figures.map(([label, value]) => (
        <div key={label}>
          <dt className="text-xs text-muted">{label}</dt>
          <dd className="text-sm tabular-nums">{value}</dd>
        </div>
      ))}
    </dl>
  )
}

function percent(value: number): string {
  const digits = value < 10 ? 1 : 0
  return t('{percent} %', { percent: fixed(value, digits) })
}

function load(value: number): string {
  return fixed(value, 2)
}

function fixed(value: number, digits: number): string {
  return formatNumber(value, { minimumFractionDigits: digits, maximumFractionDigits: digits })
}
