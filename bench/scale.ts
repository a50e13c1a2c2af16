import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { formatTable } from './measure/table.ts'
import type { Options } from './options.ts'
import { readThroughline } from './peers/readers.ts'
import type { Reader } from './peers/readers.ts'
import { startProvider } from './peers/targets.ts'
import { startCluster } from './scale/cluster.ts'
import type { ClusterUnderLoad } from './scale/cluster.ts'
import { countConnections, readCounters, readSizes } from './scale/counters.ts'

/** Tokens a second of an answer. */
const RATE = 50
const WARM_UP_MS = 3_000
/** Sockets that are opened to see what one takes. */
const SOCKETS = 250

type Costs = Awaited<ReturnType<typeof measure>>

/**
 * Measures the cost of an answer with 1, 2 and 4 nodes on one Postgres: CPU by process, statements, log and rows. These
 * hold on a busy machine, too; how many answers a second there are does not, and needs machines of their own
 * (docs/scaling.md).
 */
export async function benchScale({ nodes: counts, people, answer: tokens, seconds }: Options) {
  await using provider = await startProvider()
  const all: Costs[] = []
  for (const nodes of counts) {
    await using cluster = await startCluster(nodes, provider.baseUrl)
    const costs = await measure(cluster, { people, tokens, seconds })
    console.log(`${nodes} nodes: ${JSON.stringify(costs)}`)
    all.push(costs)
  }
  const [memory, idle] = await measureSockets(provider.baseUrl)
  const row = (name: string, of: (costs: Costs) => number) => [name, ...all.map(of)]
  console.log(
    `\n${formatTable(
      [`an answer of ${tokens} tokens`, ...counts.map((count) => `${count} nodes`)],
      [
        row('answers', ({ answers }) => answers),
        row('refused for want of time', ({ refused }) => refused),
        row('tokens a second', ({ tokensPerSecond }) => tokensPerSecond),
        row('CPU of nodes, ms', ({ nodeMs }) => nodeMs),
        row('CPU of Postgres, ms', ({ postgresMs }) => postgresMs),
        row('CPU of nodes, µs a token', ({ nodeMs }) => (nodeMs * 1_000) / tokens),
        row('CPU of Postgres, µs a token', ({ postgresMs }) => (postgresMs * 1_000) / tokens),
        row('statements', ({ statements }) => statements),
        row('transactions, with those of notifications', ({ commits }) => commits),
        row('rows inserted', ({ rowsInserted }) => rowsInserted),
        row('rows deleted', ({ rowsDeleted }) => rowsDeleted),
        row('write-ahead log, bytes', ({ walBytes }) => walBytes),
        row('tables and indexes, bytes', ({ bytes }) => bytes),
        row('connections a node', ({ connections }) => connections),
        row('a node idle: CPU, ms/s', ({ idleNodeMs }) => idleNodeMs),
        row('a node idle: CPU of Postgres, ms/s', ({ idlePostgresMs }) => idlePostgresMs),
        row('a node idle: statements/s', ({ idleStatements }) => idleStatements),
      ],
    )}\n\n${formatTable(
      ['memory of a node', 'KiB'],
      [
        ['a socket', memory],
        ['a watch on it', idle],
      ],
    )}\n`,
  )
  return { all, memory, idle }
}

/** People ask again as soon as the answer has ended. */
type Load = { people: number; tokens: number; seconds: number }

async function measure(
  cluster: ClusterUnderLoad,
  { people: count, tokens: length, seconds }: Load,
) {
  const { urls, database } = cluster
  const idle = await difference(cluster, () => delay(4_000))
  const readers: Reader[] = []
  let tokens = 0
  for (let person = 0; person < count; person += 1) {
    const reader = readThroughline(urls[person % urls.length] ?? '', () => (tokens += 1))
    await reader.open()
    readers.push(reader)
  }
  let isOngoing = true
  let answers = 0
  let refused = 0
  const people = readers.map(async (reader) => {
    // They stay in the same session for a while, as people do; a long conversation would be read again each time.
    while (isOngoing) {
      try {
        await reader.ask(`[[n=${length},r=${RATE}]]`)
        answers += 1
      } catch {
        // A machine that others use, too, may refuse for a while.
        refused += 1
        await delay(1_000)
      }
    }
  })
  await delay(WARM_UP_MS)
  const sizesBefore = await readSizes(database)
  const [answersBefore, tokensBefore] = [answers, tokens]
  const used = await difference(cluster, () => delay(seconds * 1_000))
  const made = answers - answersBefore
  const tokensMade = tokens - tokensBefore
  const connections = (await countConnections(database)) / urls.length
  isOngoing = false
  await Promise.all(people)
  const sizesAfter = await readSizes(database)
  for (const reader of readers) reader.close()
  const total = (sizes: Record<string, number>) => Object.values(sizes).reduce((a, b) => a + b, 0)
  // By tokens, since answers under way at both ends are parts of one.
  const whole = tokensMade / length
  const idleOver = (value: number) => (value / idle.seconds) * used.seconds
  return {
    answers: made,
    refused,
    tokensPerSecond: tokensMade / used.seconds,
    // Without the resources that an idle server uses.
    nodeMs: (used.nodeMs - idleOver(idle.nodeMs)) / whole,
    postgresMs: (used.postgresMs - idleOver(idle.postgresMs)) / whole,
    statements: (used.statements - idleOver(idle.statements)) / whole,
    commits: (used.commits - idleOver(idle.commits)) / whole,
    rowsInserted: used.rowsInserted / whole,
    rowsDeleted: used.rowsDeleted / whole,
    walBytes: used.walBytes / whole,
    bytes: (total(sizesAfter) - total(sizesBefore)) / (answers - answersBefore),
    connections,
    idleNodeMs: idle.nodeMs / idle.seconds / urls.length,
    idlePostgresMs: idle.postgresMs / idle.seconds / urls.length,
    idleStatements: idle.statements / idle.seconds / urls.length,
  }
}

/** Calls the function, and resolves with the resources that were used meanwhile. */
async function difference(cluster: ClusterUnderLoad, work: () => Promise<unknown>) {
  const look = async () => ({
    cpu: await cluster.cpu(),
    wal: await cluster.walBytes(),
    counters: await readCounters(cluster.database),
    at: performance.now(),
  })
  const before = await look()
  await work()
  const after = await look()
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
  const counted = (name: keyof typeof after.counters) =>
    after.counters[name] - before.counters[name]
  return {
    seconds: (after.at - before.at) / 1_000,
    nodeMs: (sum(after.cpu.nodes) - sum(before.cpu.nodes)) / 1_000,
    postgresMs: (after.cpu.postgres - before.cpu.postgres) / 1_000,
    walBytes: after.wal - before.wal,
    statements: counted('statements'),
    commits: counted('commits'),
    rowsInserted: counted('rowsInserted'),
    rowsDeleted: counted('rowsDeleted'),
  }
}

/** KiB of a node's memory for each socket, and for each session that is watched over one. */
async function measureSockets(provider: string): Promise<[number, number]> {
  await using cluster = await startCluster(1, provider)
  const [url = ''] = cluster.urls
  const start = await settled(cluster)
  const sockets = await Promise.all(
    // 256 from one address are allowed.
    Array.from({ length: SOCKETS }, async () => {
      const socket = new WebSocket(`${url.replace('http', 'ws')}/trpc`)
      await once(socket, 'open')
      return socket
    }),
  )
  const opened = await settled(cluster)
  for (const socket of sockets) socket.terminate()
  const readers = Array.from({ length: SOCKETS }, () => readThroughline(url, () => undefined))
  for (const reader of readers) await reader.open()
  const watched = await settled(cluster)
  for (const reader of readers) reader.close()
  const each = (bytes: number) => bytes / SOCKETS / 1024
  return [each(opened - start), each(watched - opened)]
}

async function settled(cluster: ClusterUnderLoad): Promise<number> {
  await delay(3_000)
  return cluster.memory()
}
