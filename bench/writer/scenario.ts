import { setTimeout as delay } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Database } from '../../db/engine/database.ts'
import { ensureLocalOwner } from '../../server/auth/local-owner.ts'
import { Hub } from '../../server/log/reading/hub.ts'
import { LogReader } from '../../server/log/reading/reader.ts'
import { Samples } from '../measure/distribution.ts'
import type { Distribution } from '../measure/distribution.ts'
import { createUsageReader } from '../measure/postgres-usage.ts'
import { createStreams } from './stored-streams.ts'
import { TOKENS_PER_SECOND, sendPaced } from './streams.ts'
import type { Stream } from './streams.ts'
import { ways } from './ways.ts'
import type { WayName } from './ways.ts'

export type Scenario = {
  way: WayName
  streams: number
  /** Milliseconds of measurement, after the warm-up. */
  measureMs: number
}

/** Figures of one run. Per-token figures are averages over all tokens that were sent. */
export type Measured = {
  way: WayName
  database: Database['kind']
  streams: number
  /** Milliseconds from the call that hands a token over until its reader has it. */
  latency: Distribution
  /** Milliseconds by which the load generator itself was late, because of the event loop or the machine. */
  lateness: Distribution
  tokensPerSecond: number
  /** The fraction of the sent tokens that had reached their readers shortly after the end. */
  delivered: number
  commitsPerSecond: number
  rowsPerToken: number
  /** Microseconds of CPU: of this process (with the load generator and the embedded database), and of Postgres. */
  nodeCpuPerToken: number
  postgresCpuPerToken: number
  walBytesPerToken: number
}

const WARM_UP_MS = 2_000
/** The longest wait at the end for tokens that are still under way. */
const DRAIN_TIMEOUT_MS = 2_000

/** Sends paced streams through one design, each stream with one reader, and measures. */
export async function runScenario(database: Database, scenario: Scenario): Promise<Measured> {
  const { db, kind } = database
  await sql`truncate events`.execute(db)
  await sql`checkpoint`.execute(db)
  const owner = await ensureLocalOwner(db)
  const hub = new Hub()
  const reader = new LogReader(database, hub)
  const stop = new AbortController()
  const most = Math.ceil(((WARM_UP_MS + scenario.measureMs) / 1000) * TOKENS_PER_SECOND) + 1
  const streams = await createStreams(db, owner.id, scenario.streams, most)

  const latencies = new Samples()
  let measuredFrom = Number.POSITIVE_INFINITY
  const follow = async (stream: Stream): Promise<void> => {
    const { sessionId } = stream
    // One derived signal per reader, as each connection has: adding a listener scans all listeners of the same signal.
    const signal = AbortSignal.any([stop.signal])
    const options = { sessionId, userId: owner.id, after: 0, signal }
    for await (const { event } of reader.follow(options)) {
      if (event.type === 'chunk') stream.receive(event, performance.now(), measuredFrom, latencies)
    }
  }
  const following = Promise.all(streams.map(follow))
  const way = ways[scenario.way](database, hub)
  const send = way.send
  const count = (): number => streams.reduce((sum, stream) => sum + stream.sent, 0)
  const arrived = (): number => streams.reduce((sum, stream) => sum + stream.received, 0)

  // Each reader first asks the database for the newest `seq`; the measurement starts when all readers are up to date.
  await delay(100 + scenario.streams)
  const usage = await createUsageReader(db, kind)
  await Promise.race([sendPaced(streams, WARM_UP_MS, send, new Samples()), following])

  const lateness = new Samples()
  const before = { tokens: count(), ...way.written, usage: await usage(), node: nodeCpu() }
  measuredFrom = performance.now()
  await Promise.race([sendPaced(streams, scenario.measureMs, send, lateness), following])
  const seconds = (performance.now() - measuredFrom) / 1000
  const node = nodeCpu() - before.node
  const after = { tokens: count(), ...way.written, usage: await usage() }
  const tokens = after.tokens - before.tokens

  const deadline = performance.now() + DRAIN_TIMEOUT_MS
  while (arrived() < count() && performance.now() < deadline) await delay(10)
  const delivered = 1 - (count() - arrived()) / tokens
  way.abandon()
  stop.abort()
  await following
  return {
    way: scenario.way,
    database: kind,
    streams: scenario.streams,
    latency: latencies.distribution(),
    lateness: lateness.distribution(),
    tokensPerSecond: tokens / seconds,
    delivered: Math.max(0, delivered),
    commitsPerSecond: (after.commits - before.commits) / seconds,
    rowsPerToken: (after.rows - before.rows) / tokens,
    nodeCpuPerToken: node / tokens,
    postgresCpuPerToken: (after.usage.cpu - before.usage.cpu) / tokens,
    walBytesPerToken: (after.usage.walBytes - before.usage.walBytes) / tokens,
  }
}

function nodeCpu(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}
