import { setTimeout as delay } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { connect } from '../../db/engine/connect.ts'
import type { Database } from '../../db/engine/database.ts'
import { findSession } from '../../db/queries/sessions/sessions.ts'
import { ensureLocalOwner } from '../../server/auth/local-owner.ts'
import { Hub } from '../../server/log/reading/hub.ts'
import type { CommittedEvent } from '../../server/log/events.ts'
import { LogWriter } from '../../server/log/writing/writer.ts'
import { LocalNode } from '../../server/nodes/node.ts'
import type { SessionId, UserId } from '../../shared/contract/ids.ts'
import { newId } from '../../shared/contract/new-id.ts'
import { Samples } from '../measure/distribution.ts'
import { createStreams } from '../writer/stored-streams.ts'
import { TOKEN, sendPaced } from '../writer/streams.ts'
import type { Stream } from '../writer/streams.ts'
import type { Order, Report, WriterSettings } from './orders.ts'
import { now } from './one-clock.ts'

// One of several nodes, each in its own thread: it writes answers, and appends to the sessions of the other nodes.

const { databaseUrl, streams: count, most, committedAt }: WriterSettings = workerData
const report = (message: Report): void => parentPort?.postMessage(message)
let committed = 0

const database = await connect({ databaseUrl })
const owner = await ensureLocalOwner(database.db)
const node = new LocalNode({
  id: newId(),
  database,
  leaseSeconds: 60,
  onMessage: () => {},
  onPoll: async () => {},
  onError: fail,
})
await node.join()
const streams = await createStreams(database.db, owner.id, count, most, node.id)
const indices = new Map(streams.map(({ sessionId }, index) => [sessionId, index]))
const times = committedAt && new Float64Array(committedAt)
const writer = new LogWriter({
  database,
  hub: new Hub((sessionId, events) => {
    committed += events.length
    if (times) noteTimes(times, sessionId, events)
  }),
  paceMs: 8,
  payload: (events) => node.payload(events),
  onTrouble: fail,
  onFenced: fail,
})

parentPort?.on('message', (order: Order) => {
  carryOut(order).catch(fail)
})
report({ type: 'ready', sessionIds: streams.map(({ sessionId }) => sessionId) })

async function carryOut(order: Order): Promise<void> {
  if (order.type === 'leave') {
    await node.leave()
    await database.close()
    parentPort?.close()
    return
  }
  const stop = new AbortController()
  const disturbing = disturb(database, owner.id, order.strangers, stop.signal)
  await sendPaced(streams, order.forMs, write, new Samples())
  stop.abort()
  await disturbing
  await writer.flush()
  const tokens = streams.reduce((sum, { sent }) => sum + sent, 0)
  report({ type: 'written', tokens, events: committed })
}

function write(stream: Stream, chunk: Parameters<typeof writer.chunk>[2]): void {
  writer.chunk(stream.sessionId, stream.hold, chunk, chunk.offset === 0).catch(fail)
}

/** Appends to the logs of other nodes in the middle of their answers, as renaming a session does. */
async function disturb(
  { db }: Database,
  userId: UserId,
  strangers: readonly SessionId[],
  signal: AbortSignal,
): Promise<void> {
  for (let appended = 0; !signal.aborted && strangers.length > 0; appended += 1) {
    const stranger = strangers[appended % strangers.length]
    const session = stranger && (await findSession(db, userId, stranger))
    if (session) {
      await writer.append(session.id, async (_, log) => log.add({ type: 'session', session }))
    }
    await delay(APPEND_INTERVAL_MS)
  }
}

/** Milliseconds between two appends. */
const APPEND_INTERVAL_MS = 5

function noteTimes(
  into: Float64Array,
  sessionId: SessionId,
  events: readonly CommittedEvent[],
): void {
  const at = now()
  const from = (indices.get(sessionId) ?? 0) * most
  for (const { event } of events) {
    if (event.type !== 'chunk') continue
    const first = event.offset / TOKEN.length
    into.fill(at, from + first, from + first + event.text.length / TOKEN.length)
  }
}

function fail(error: unknown): void {
  throw error instanceof Error ? error : new Error(String(error))
}
