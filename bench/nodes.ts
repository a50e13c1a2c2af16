import { on, once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { connect } from '../db/engine/connect.ts'
import { migrate } from '../db/engine/migrate.ts'
import type { SessionId } from '../shared/contract/ids.ts'
import { Samples } from './measure/distribution.ts'
import type { Distribution } from './measure/distribution.ts'
import { startDurablePostgres } from './measure/postgres.ts'
import { formatTable } from './measure/table.ts'
import { Report } from './nodes/orders.ts'
import type { Order, WriterSettings } from './nodes/orders.ts'
import { startReadingNode } from './nodes/reading-node.ts'
import type { Read } from './nodes/reading-node.ts'
import { tallyLogs } from './nodes/tally-logs.ts'
import type { LogTally } from './nodes/tally-logs.ts'
import type { Options } from './options.ts'
import { TOKENS_PER_SECOND } from './writer/streams.ts'

/** Answers that one node writes while the readers wait on another node: the number in the performance target. */
const STREAMS = 50
/** Before this, readers are still catching up. */
const WARM_UP_MS = 2_000
const WRITERS = 3
const STREAMS_PER_WRITER = 100
/**
 * A node that falls behind merges neighbouring tokens into one event, so rounds continue until enough events were
 * counted.
 */
const LONGEST_RUN_MS = 600_000
const ROUND_MS = 5_000
const TIMEOUT_MS = 60_000

type Figures = { delivery: Distribution; delivered: Read; many: Read & LogTally }

/**
 * Several nodes on one Postgres: measures the delay from the commit of a token on one node until its reader on another
 * node has it, and counts lost and duplicate events when three nodes write a million events, also into each other's
 * sessions, while a fourth node reads.
 */
export async function benchNodes(options: Options): Promise<Figures> {
  await using opened = new AsyncDisposableStack()
  const postgres = opened.use(await startDurablePostgres())
  const lag = new Samples()
  const first = opened.use(await openNodes(await postgres.createDatabase('delivery')))
  const delivered = await first.run(1, STREAMS, WARM_UP_MS + options.seconds * 1000, 0, lag)
  const second = opened.use(await openNodes(await postgres.createDatabase('many')))
  const read = await second.run(WRITERS, STREAMS_PER_WRITER, ROUND_MS, options.events, null)
  const many = { ...read, ...(await tallyLogs(second.database.db)) }
  const figures = { delivery: lag.distribution(), delivered, many }
  const { p50, p95, p99, max } = figures.delivery
  console.log(
    `\n${formatTable(
      [`commit to the other node, ${STREAMS} streams`, 'p50 ms', 'p95', 'p99', 'max', 'tokens'],
      [['one writes, one reads', p50, p95, p99, max, figures.delivery.count]],
    )}\n\n${formatTable(
      [
        'three write, a fourth reads',
        'events',
        'of them by strangers',
        'tokens',
        'gaps',
        'doubles',
        'disorder',
        'places missing',
      ],
      [
        [
          'one log a session',
          many.events,
          many.events - many.chunks,
          many.tokens,
          many.gaps,
          many.doubles,
          many.disorder,
          many.missing,
        ],
      ],
    )}\n`,
  )
  if (many.gaps + many.doubles + many.disorder + many.missing > 0) {
    console.error('promises were broken: see the table')
    process.exitCode = 1
  }
  return figures
}

async function openNodes(databaseUrl: string) {
  await using opening = new AsyncDisposableStack()
  const database = opening.adopt(await connect({ databaseUrl }), (open) => open.close())
  await migrate(database.db)
  const reading = opening.use(await startReadingNode(database))
  const opened = opening.move()
  return {
    database,
    /**
     * Runs rounds in which `writers` nodes write `streams` answers each and one node reads them all, until enough
     * events were written.
     */
    run: (writers: number, streams: number, forMs: number, events: number, lag: Samples | null) =>
      run({ databaseUrl, reading, writers, streams, forMs, events, lag }),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}

type Run = {
  databaseUrl: string
  reading: Awaited<ReturnType<typeof startReadingNode>>
  writers: number
  streams: number
  forMs: number
  events: number
  lag: Samples | null
}

async function run({
  databaseUrl,
  reading,
  writers,
  streams,
  forMs,
  events,
  lag,
}: Run): Promise<Read> {
  const most = Math.ceil(((events ? LONGEST_RUN_MS : forMs) / 1000) * TOKENS_PER_SECOND) + 1
  const committedAt = lag && new SharedArrayBuffer(8 * streams * most)
  const times = committedAt && new Float64Array(committedAt)
  const settings: WriterSettings = { databaseUrl, streams, most, committedAt }
  const nodes = await Promise.all(Array.from({ length: writers }, () => startWriter(settings)))
  const total: Read = { tokens: 0, gaps: 0, doubles: 0, disorder: 0 }
  const stop = new AbortController()
  let measuring = false
  const reads = nodes.flatMap(({ sessionIds }) =>
    sessionIds.map((id, index) => {
      const read: Read = { tokens: 0, gaps: 0, doubles: 0, disorder: 0 }
      // One derived signal per reader, as each connection has: adding a listener scans all listeners of the same
      // signal.
      const signal = AbortSignal.any([stop.signal])
      const done = reading.read(id, read, signal, (token, at) => {
        const committed = times?.[index * most + token]
        // Zero means that the reader has the token before the writer's thread was notified of its commit.
        if (measuring && committed !== undefined) lag?.add(committed === 0 ? 0 : at - committed)
      })
      return { read, done }
    }),
  )
  setTimeout(() => (measuring = true), WARM_UP_MS)
  const began = performance.now()
  let sent = 0
  for (let written = -1; written < events && performance.now() - began < LONGEST_RUN_MS;) {
    const counts = await Promise.all(
      nodes.map((node, index) => {
        const strangers = nodes.flatMap((other, at) => (at === index ? [] : other.sessionIds))
        return node.write(forMs, strangers)
      }),
    )
    sent = counts.reduce((sum, { tokens }) => sum + tokens, 0)
    written = counts.reduce((sum, count) => sum + count.events, 0)
  }
  const arrived = (): number => reads.reduce((sum, { read }) => sum + read.tokens, 0)
  const deadline = performance.now() + TIMEOUT_MS
  while (arrived() < sent && performance.now() < deadline) await delay(10)
  stop.abort()
  for (const { read, done } of reads) {
    await done
    total.tokens += read.tokens
    total.gaps += read.gaps
    total.doubles += read.doubles
    total.disorder += read.disorder
  }
  // A token that never arrived counts as a gap too.
  total.gaps += sent - total.tokens
  for (const node of nodes) await node.leave()
  return total
}

async function startWriter(settings: WriterSettings) {
  const worker = new Worker(new URL('nodes/writing-node.ts', import.meta.url), {
    workerData: settings,
  })
  const reports = on(worker, 'message')
  const report = async (): Promise<Report> => {
    const { value }: IteratorResult<unknown[], undefined> = await reports.next()
    return Report.parse(value?.[0])
  }
  const ready = await report()
  return {
    sessionIds: ready.type === 'ready' ? ready.sessionIds : [],
    /** @returns totals since the node was started */
    write: async (forMs: number, strangers: readonly SessionId[]) => {
      worker.postMessage({ type: 'write', forMs, strangers } satisfies Order)
      const written = await report()
      return written.type === 'written' ? written : { tokens: 0, events: 0 }
    },
    leave: async (): Promise<void> => {
      const exited = once(worker, 'exit')
      worker.postMessage({ type: 'leave' } satisfies Order)
      await exited
    },
  }
}
