import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os'

/** Where figures were taken: they mean nothing without it. */
export type Machine = {
  node: string
  system: string
  processor: string
  cores: number
  memoryGiB: number
  /** Processes that wanted to run, averaged over the last minute: above the own load, others were at work. */
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
