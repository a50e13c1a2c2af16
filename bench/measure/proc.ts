import { readFile, readdir } from 'node:fs/promises'

/** Linux counts a process's time in these, a hundred to the second, whatever the kernel's own tick (`USER_HZ`). */
const MICROSECONDS_PER_TICK = 10_000

/**
 * Microseconds of CPU that a process and its children have used, including children that have ended: see `proc(5)`.
 * Grandchildren that are still running are not counted.
 */
export async function processTreeCpu(pid: number): Promise<number> {
  const own = await readStat(pid)
  if (!own) throw new Error(`process ${pid} is not running`)
  let ticks = own.ticks + own.endedChildren
  for (const name of await readdir('/proc')) {
    const child = /^\d+$/.test(name) ? await readStat(Number(name)) : null
    if (child?.parent === pid) ticks += child.ticks
  }
  return ticks * MICROSECONDS_PER_TICK
}

/** Microseconds of CPU that the main thread of a process has used. */
export async function mainThreadCpu(pid: number): Promise<number> {
  const stat = await readStat(pid, `task/${pid}/`)
  if (!stat) throw new Error(`process ${pid} is not running`)
  return stat.ticks * MICROSECONDS_PER_TICK
}

/** The parent of a process. */
export async function parentOf(pid: number): Promise<number> {
  const stat = await readStat(pid)
  if (!stat) throw new Error(`process ${pid} is not running`)
  return stat.parent
}

/** Resident memory of a process in bytes: the current value and the peak. */
export async function residentMemory(pid: number): Promise<{ now: number; highest: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const kilobytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1])
  return { now: kilobytes('VmRSS') * 1024, highest: kilobytes('VmHWM') * 1024 }
}

type Stat = { parent: number; ticks: number; endedChildren: number }

/**
 * Null when the process has ended.
 * @param thread the folder of one of its threads; empty for all of them together
 */
async function readStat(pid: number, thread = ''): Promise<Stat | null> {
  const stat = await readFile(`/proc/${pid}/${thread}stat`, 'utf8').catch(() => null)
  if (stat === null) return null
  // The process name before this point is in parentheses and may contain any character. Field 3 of proc(5) comes first
  // here.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const field = (number: number): number => Number(fields[number - 3])
  return {
    parent: field(4),
    ticks: field(14) + field(15),
    endedChildren: field(16) + field(17),
  }
}
