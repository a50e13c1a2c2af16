import { median } from '../measure/distribution.ts'
import { formatTable } from '../measure/table.ts'
import type { Measured } from './scenario.ts'

/** One row per scenario: the medians of its runs, and the lowest of the latencies, which shows an undisturbed run. */
export function tabulate(runs: readonly Measured[]): string {
  return formatTable(
    [
      'database',
      'streams',
      'way',
      'p50 ms',
      'least p50',
      'p99 ms',
      'least p99',
      'late p50',
      'late p99',
      'arrived',
      'commits/s',
      'rows/token',
      'node µs/token',
      'pg µs/token',
      'WAL B/token',
    ],
    grouped(runs).map((same) => {
      const [{ database, streams, way }] = same
      const middle = middleOf(same)
      return [
        database,
        String(streams),
        way,
        middle((run) => run.latency.p50),
        Math.min(...same.map((run) => run.latency.p50)),
        middle((run) => run.latency.p99),
        Math.min(...same.map((run) => run.latency.p99)),
        middle((run) => run.lateness.p50),
        middle((run) => run.lateness.p99),
        `${Math.round(middle((run) => run.delivered) * 100)} %`,
        middle((run) => run.commitsPerSecond),
        middle((run) => run.rowsPerToken),
        middle((run) => run.nodeCpuPerToken),
        middle((run) => run.postgresCpuPerToken),
        middle((run) => run.walBytesPerToken),
      ]
    }),
  )
}

/** The other designs as multiples of ours, measured in the same run. */
export function compareWays(runs: readonly Measured[]): string {
  const all = grouped(runs)
  return formatTable(
    ['database', 'streams', 'way', 'p50', 'p99', 'CPU', 'WAL', 'commits'],
    all.flatMap((same) => {
      const [{ database, streams, way }] = same
      const ours = all.find(
        ([one]) =>
          one.way === 'throughline' && one.database === database && one.streams === streams,
      )
      if (!ours || way === 'throughline') return []
      const ratio = (figure: (run: Measured) => number): string => {
        const times = middleOf(same)(figure) / middleOf(ours)(figure)
        return Number.isFinite(times) ? `${Number(times.toPrecision(2))}×` : '–'
      }
      return [
        [
          database,
          String(streams),
          way,
          ratio((run) => run.latency.p50),
          ratio((run) => run.latency.p99),
          ratio((run) => run.nodeCpuPerToken + run.postgresCpuPerToken),
          ratio((run) => run.walBytesPerToken),
          ratio((run) => run.commitsPerSecond),
        ],
      ]
    }),
  )
}

type Same = [Measured, ...Measured[]]

function grouped(runs: readonly Measured[]): Same[] {
  const groups = new Map<string, Same>()
  for (const run of runs) {
    const key = `${run.database} ${run.streams} ${run.way}`
    const group = groups.get(key)
    if (group) group.push(run)
    else groups.set(key, [run])
  }
  return [...groups.values()]
}

function middleOf(runs: readonly Measured[]) {
  return (figure: (run: Measured) => number): number => median(runs.map(figure))
}
