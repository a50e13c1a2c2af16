import { setTimeout as delay } from 'node:timers/promises'
import { startScriptedProvider, chatChunk, sse } from '../server/model/testing/scripted-provider.ts'
import type { ServerProcess } from '../scripts/testing/server-process.ts'
import { connect } from '../shared/client/index.ts'
import type { Client } from '../shared/client/index.ts'
import type { SessionEvent } from '../shared/contract/events.ts'
import { newId } from '../shared/contract/new-id.ts'
import { Samples } from './measure/distribution.ts'
import { formatTable } from './measure/table.ts'
import type { Options } from './options.ts'
import { startServer } from './server/started-server.ts'
import { openStorage } from './server/storage.ts'

/** The default of RUN_LEASE_SECONDS, so that the figures apply to a server without settings. */
const LEASE_SECONDS = 10
/** Answers that run on a node when it ends, and words of each: they must outlast the longest takeover. */
const ANSWERS = 8
const QUESTION = 'Write 600 words about bridges'
const STOPS = 50
const WORDS = 5

type Figures = Record<string, ReturnType<Samples['distribution']>>

/**
 * Two servers on one Postgres: measures how long an answer pauses after its node was killed or asked to end, until a
 * reader on the other node is told of the next attempt; and how long a stop takes to reach the provider.
 */
export async function benchTakeover(options: Options): Promise<Figures> {
  await using opened = new AsyncDisposableStack()
  const { settings } = await openStorage('postgres', opened)
  const rounds = Math.max(1, Math.round(options.repeat))
  const killed = new Samples()
  const ended = new Samples()
  for (let round = 0; round < rounds; round += 1) {
    await endNode(settings, 'SIGKILL', killed)
    await endNode(settings, 'SIGTERM', ended)
  }
  const sameNode = new Samples()
  const otherNode = new Samples()
  await stopAnswers(settings, sameNode, otherNode)
  const figures = {
    [`SIGKILL to the next attempt (lease ${LEASE_SECONDS} s)`]: killed.distribution(),
    'SIGTERM to the next attempt': ended.distribution(),
    'stop to the provider, same node': sameNode.distribution(),
    'stop to the provider, other node': otherNode.distribution(),
  }
  const rows = Object.entries(figures).map(([what, { count, p50, p99, max }]) => [
    what,
    count,
    p50,
    p99,
    max,
  ])
  console.log(`\n${formatTable(['from … to …, ms', 'samples', 'p50', 'p99', 'max'], rows)}\n`)
  return figures
}

async function endNode(
  settings: Record<string, string>,
  signal: 'SIGKILL' | 'SIGTERM',
  times: Samples,
): Promise<void> {
  await using opened = new AsyncDisposableStack()
  const lease = { RUN_LEASE_SECONDS: String(LEASE_SECONDS) }
  const ending = opened.use(await startServer({ ...settings, ...lease }))
  const staying = opened.use(await startServer({ ...settings, ...lease }))
  const asking = opened.use(connect({ url: ending.url }))
  const reading = opened.use(connect({ url: staying.url }))
  const leave = new AbortController()
  const ids = await Promise.all(Array.from({ length: ANSWERS }, () => ask(asking, QUESTION)))
  const begun = ids.map(() => Promise.withResolvers<void>())
  let endedAt = Number.POSITIVE_INFINITY
  const taken = ids.map(async (id, index) => {
    for await (const { event } of reading.session(id).events({ signal: leave.signal })) {
      if (showsText(event)) begun[index]?.resolve()
      if (event.type === 'start' && event.attempt > 1) return times.add(performance.now() - endedAt)
    }
  })
  await Promise.all(begun.map(({ promise }) => promise))
  // A random moment between two heartbeats, because the lease is counted from the last heartbeat.
  await delay(Math.random() * 2_000)
  endedAt = performance.now()
  await ending.end(signal)
  await Promise.all(taken)
  leave.abort()
  await stopAll(reading, ids)
}

async function stopAnswers(
  settings: Record<string, string>,
  sameNode: Samples,
  otherNode: Samples,
): Promise<void> {
  await using opened = new AsyncDisposableStack()
  const endless = sse(chatChunk({ content: 'word '.repeat(WORDS) }))
  const provider = opened.use(
    await startScriptedProvider(() => ({ body: [endless], ending: 'hold' })),
  )
  const withProvider = { ...settings, OPENAI_BASE_URL: provider.baseUrl }
  const writing = opened.use(await startServer(withProvider))
  const other = opened.use(await startServer(withProvider))
  const clients = [writing, other].map(({ url }: ServerProcess) => opened.use(connect({ url })))
  const [first, second] = clients
  if (!first || !second) throw new Error('there are two')
  for (let stop = 0; stop < 2 * STOPS; stop += 1) {
    const known = provider.requests.length
    const id = await ask(first, 'Go on for ever')
    const leave = new AbortController()
    for await (const { event } of second.session(id).events({ signal: leave.signal })) {
      if (showsText(event)) break
    }
    leave.abort()
    const [client, times] = stop % 2 === 0 ? [first, sameNode] : [second, otherNode]
    const stoppedAt = performance.now()
    const stopped = client.session(id).stop()
    await Promise.all(provider.requests.slice(known, known + 1).map(({ over }) => over))
    times.add(performance.now() - stoppedAt)
    await stopped
  }
}

async function ask(client: Client, text: string): Promise<string> {
  const { id } = await client.api.sessions.create.mutate({ id: newId(), title: 'Asked' })
  await client.session(id).send(text)
  return id
}

/** A reader that joins late gets the existing text in its snapshot. */
function showsText<Call>(event: SessionEvent<Call>): boolean {
  return (
    event.type === 'chunk' ||
    (event.type === 'snapshot' &&
      event.messages.some(({ role, parts }) => role === 'assistant' && parts.length > 0))
  )
}

async function stopAll(client: Client, ids: readonly string[]): Promise<void> {
  await Promise.all(ids.map((id) => client.session(id).stop()))
}
