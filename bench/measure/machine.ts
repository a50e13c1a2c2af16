import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os'

/** The machine on which the figures were measured; figures cannot be compared without it. */
export type Machine = {
  node: string
  system: string
  processor: string
  cores: number
  memoryGiB: number
  /**
   * The one-minute load average. When it exceeds the benchmark's own load, other processes disturbed the measurement.
   */
  load: number
}

export function describeMachine(): Machine {
  return {
    node: process.version,
    system: `${type()} ${release()}`,
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    load: loadavg()[0] ?? Number.NaN,
  }
}
