import { availableParallelism, cpus, freemem, loadavg, totalmem, uptime } from 'node:os'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { defineTool } from './define.ts'

/** The time over which CPU usage is sampled. */
const SAMPLE_MS = 200

const percent = z.number().min(0).max(100)

const Cpu = z.object({
  metric_type: z.literal('cpu'),
  usage_percent: percent.describe('Share of all processors in use, over a fifth of a second'),
  cores: z.number().int().describe('Processors this process may use'),
  load_average: z
    .object({ one_minute: z.number(), five_minutes: z.number(), fifteen_minutes: z.number() })
    .describe('Processes that run or wait to run'),
})

const Memory = z.object({
  metric_type: z.literal('memory'),
  total_bytes: z
    .number()
    .int()
    .describe('Of the container where it has a limit, else of the machine'),
  free_bytes: z.number().int(),
  used_bytes: z.number().int(),
  used_percent: percent,
})

const Process = z.object({
  metric_type: z.literal('process'),
  pid: z.number().int(),
  node_version: z.string(),
  resident_bytes: z.number().int(),
  heap_used_bytes: z.number().int(),
  heap_total_bytes: z.number().int(),
  cpu_seconds: z.number().describe('Processor time used since the server started'),
})

const Uptime = z.object({
  metric_type: z.literal('uptime'),
  system_seconds: z.number(),
  process_seconds: z.number(),
  server_started_at: z.iso.datetime(),
})

const All = z.object({
  metric_type: z.literal('all'),
  cpu: Cpu,
  memory: Memory,
  process: Process,
  uptime: Uptime,
})

const Metrics = z.discriminatedUnion('metric_type', [Cpu, Memory, Process, Uptime, All])
type Metrics = z.infer<typeof Metrics>

/** Metrics of this machine and of the server's process at the moment of the call. */
export const getSystemMetrics = defineTool({
  name: 'get_system_metrics',
  description:
    'Reads the present state of the machine that this server runs on: processor use and load, memory, the ' +
    "server's own process, and how long both have been up.",
  input: z.object({
    metric_type: z
      .enum(['cpu', 'memory', 'process', 'uptime', 'all'])
      .describe('What to read; "all" reads everything at once'),
  }),
  output: Metrics,
  effect: 'read',
  approval: 'never',
  execute: ({ metric_type }, { signal }): Promise<Metrics> => read(metric_type, signal),
})

async function read(type: Metrics['metric_type'], signal: AbortSignal): Promise<Metrics> {
  switch (type) {
    case 'cpu':
      return readCpu(signal)
    case 'memory':
      return readMemory()
    case 'process':
      return readProcess()
    case 'uptime':
      return readUptime()
    case 'all':
      return {
        metric_type: 'all',
        cpu: await readCpu(signal),
        memory: readMemory(),
        process: readProcess(),
        uptime: readUptime(),
      }
  }
}

async function readCpu(signal: AbortSignal): Promise<z.infer<typeof Cpu>> {
  const before = processorTimes()
  await delay(SAMPLE_MS, undefined, { signal })
  const after = processorTimes()
  const total = after.total - before.total
  const [one = 0, five = 0, fifteen = 0] = loadavg()
  return {
    metric_type: 'cpu',
    usage_percent: total > 0 ? share(total - (after.idle - before.idle), total) : 0,
    cores: availableParallelism(),
    load_average: {
      one_minute: round(one),
      five_minutes: round(five),
      fifteen_minutes: round(fifteen),
    },
  }
}

function processorTimes(): { idle: number; total: number } {
  const times = cpus().map((cpu) => cpu.times)
  return {
    idle: times.reduce((sum, time) => sum + time.idle, 0),
    total: times.flatMap((time) => Object.values(time)).reduce((sum, value) => sum + value, 0),
  }
}

function readMemory(): z.infer<typeof Memory> {
  // Inside of a container its memory limit counts; without a limit, Node returns 0 or a value above the machine's
  // memory.
  const limit = process.constrainedMemory()
  const limited = limit > 0 && limit < totalmem()
  const total = limited ? limit : totalmem()
  const free = Math.min(limited ? process.availableMemory() : freemem(), total)
  return {
    metric_type: 'memory',
    total_bytes: total,
    free_bytes: free,
    used_bytes: total - free,
    used_percent: share(total - free, total),
  }
}

function readProcess(): z.infer<typeof Process> {
  const memory = process.memoryUsage()
  const cpu = process.cpuUsage()
  return {
    metric_type: 'process',
    pid: process.pid,
    node_version: process.version,
    resident_bytes: memory.rss,
    heap_used_bytes: memory.heapUsed,
    heap_total_bytes: memory.heapTotal,
    cpu_seconds: round((cpu.user + cpu.system) / 1e6),
  }
}

function readUptime(): z.infer<typeof Uptime> {
  return {
    metric_type: 'uptime',
    system_seconds: round(uptime()),
    process_seconds: round(process.uptime()),
    server_started_at: new Date(Date.now() - process.uptime() * 1000).toISOString(),
  }
}

function share(part: number, whole: number): number {
  return Math.min(100, Math.max(0, round((part / whole) * 100)))
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
