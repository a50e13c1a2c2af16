import { performance } from 'node:perf_hooks'
import process from 'node:process'
import type { Metrics } from './metrics.ts'

/** The numbers of the process, by the names that dashboards know them by. */
export function measureProcess(metrics: Metrics): void {
  const cpuSeconds = () => (process.cpuUsage().user + process.cpuUsage().system) / 1e6
  let looked = performance.eventLoopUtilization()
  metrics.gauge(
    'process_start_time_seconds',
    'When the process began, in seconds since 1970.',
    () => Math.round(performance.timeOrigin / 1000),
  )
  metrics.gauge('process_cpu_seconds_total', 'CPU time used.', cpuSeconds, {}, 'counter')
  metrics.gauge('process_resident_memory_bytes', 'Memory held.', () => process.memoryUsage.rss())
  metrics.gauge(
    'nodejs_heap_size_used_bytes',
    'JavaScript objects in memory.',
    () => process.memoryUsage().heapUsed,
  )
  metrics.gauge(
    'nodejs_eventloop_utilization',
    'Share of the time since the last look in which the event loop was busy, 0 to 1.',
    () => {
      const { utilization } = performance.eventLoopUtilization(looked)
      looked = performance.eventLoopUtilization()
      return utilization
    },
  )
}
