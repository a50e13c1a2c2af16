import type { ReactNode } from 'react'
import type { AppToolCall } from '../../../shared/client/index.ts'
import { formatBytes } from '../../ui/bytes.ts'
import { formatDuration } from '../../ui/duration.ts'
import { Meter } from '../../ui/meter.tsx'

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
        label="CPU"
        percent={cpu.usage_percent}
        detail={`${percent(cpu.usage_percent)} of ${cores(cpu.cores)}`}
      />
      <Figures
        figures={[
          ['Load, 1 min', one_minute.toFixed(2)],
          ['5 min', five_minutes.toFixed(2)],
          ['15 min', fifteen_minutes.toFixed(2)],
        ]}
      />
    </div>
  )
}

function Memory({ memory }: { memory: Reading<'memory'> }) {
  const detail = `${formatBytes(memory.used_bytes)} of ${formatBytes(memory.total_bytes)}, ${percent(memory.used_percent)}`
  return <Meter alarmAt={90} label="Memory" percent={memory.used_percent} detail={detail} />
}

function Process({ process }: { process: Reading<'process'> }) {
  const heap = (process.heap_used_bytes / Math.max(1, process.heap_total_bytes)) * 100
  const detail = `${formatBytes(process.heap_used_bytes)} of ${formatBytes(process.heap_total_bytes)}`
  return (
    <div className="grid gap-3">
      <Meter label="Server heap" percent={heap} detail={detail} />
      <Figures
        figures={[
          ['Resident memory', formatBytes(process.resident_bytes)],
          ['CPU time', formatDuration(process.cpu_seconds * 1000)],
          ['Node', process.node_version],
          ['Process', String(process.pid)],
        ]}
      />
    </div>
  )
}

function Uptime({ uptime }: { uptime: Reading<'uptime'> }) {
  return (
    <Figures
      figures={[
        ['Machine uptime', formatDuration(uptime.system_seconds * 1000)],
        ['Server uptime', formatDuration(uptime.process_seconds * 1000)],
        ['Started', new Date(uptime.server_started_at).toLocaleString()],
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
  return `${value.toFixed(value < 10 ? 1 : 0)} %`
}

function cores(count: number): string {
  return count === 1 ? '1 core' : `${count} cores`
}
