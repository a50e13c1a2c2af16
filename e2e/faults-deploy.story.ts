import { expect, test } from 'vitest'
import { createTestDatabase } from '../scripts/testing/test-database.ts'
import { connect } from '../shared/client/index.ts'
import { ask, startNode } from './support/nodes.ts'
import type { Node } from './support/nodes.ts'
import { isOver, knowsAll, logOf, readSession } from './support/reader.ts'
import type { Reader } from './support/reader.ts'
import { reportTimes } from './support/report-times.ts'
import { startTcpProxy } from './support/tcp-proxy.ts'

const ANSWERS = 20

test(`a rolling restart of both nodes under ${ANSWERS} answers completes every one of them (P2, P5, P6, P9)`, async () => {
  await using opened = new AsyncDisposableStack()
  const database = opened.use(await createTestDatabase())
  const settings = { DATABASE_URL: database.url }
  const first = opened.use(await startNode(settings))
  const second = opened.use(await startNode(settings))
  // A load balancer without sticky sessions: a client whose node is gone is routed to a living one.
  let port = first.server.port
  const balancer = opened.use(await startTcpProxy(() => port))
  const client = opened.use(connect({ url: balancer.url }))
  const ids = await Promise.all(
    Array.from({ length: ANSWERS }, (_, index) =>
      ask(index % 2 === 0 ? first : second, 'Write 500 words about bridges'),
    ),
  )
  const readers = ids.map((id) => opened.use(readSession(client, id)))
  await Promise.all(
    readers.map((one) => one.until(({ answer }) => (answer?.text.length ?? 0) > 80)),
  )

  const restart = async (node: Node, leadTo: Node, driven: readonly Reader[]) => {
    port = leadTo.server.port
    const toldAt = performance.now()
    const status = await node.server.end('SIGTERM')
    reportTimes('From SIGTERM to the exit', [performance.now() - toldAt])
    expect(status, node.server.output()).toBe(0)
    expect(performance.now() - toldAt).toBeLessThan(30_000)
    const takenUp = ({ seen }: Reader) => seen.find((one) => isStart(one) && one.at > toldAt)
    await Promise.all(
      driven.map((one) => one.until(() => isOver(one) || takenUp(one) !== undefined)),
    )
    const times = driven.flatMap((one) => takenUp(one)?.at ?? [])
    expect(times.length).toBeGreaterThan(0)
    reportTimes(
      'From SIGTERM to the next attempt',
      times.map((at) => at - toldAt),
    )
    return opened.use(await startNode(settings))
  }
  const third = await restart(
    first,
    second,
    readers.filter((_, index) => index % 2 === 0),
  )
  const fourth = await restart(second, third, readers)

  for (const [index, reader] of readers.entries()) {
    await reader.until(isOver)
    expect(reader.broken).toEqual([])
    expect(reader.answer?.status).toBe('completed')
    expect(await knowsAll(reader, fourth.client)).toBe(true)
    const log = await logOf(third.client, ids[index] ?? '')
    expect(log.filter(({ event }) => event.type === 'end')).toHaveLength(1)
  }
})

function isStart({ event }: { event: { type: string } }): boolean {
  return event.type === 'start'
}
