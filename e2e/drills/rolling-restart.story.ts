import { expect, test } from 'vitest'
import { amount } from '../../scripts/testing/amount.ts'
import { createTestDatabase } from '../../scripts/testing/postgres/test-database.ts'
import { connect } from '../../shared/client/index.ts'
import type { Client } from '../../shared/client/index.ts'
import { startNode } from '../support/processes/nodes.ts'
import type { Node } from '../support/processes/nodes.ts'
import { isOver, knowsAll, logOf, readSession } from '../support/processes/reader.ts'
import type { Reader } from '../support/processes/reader.ts'
import { reportTimes } from '../support/processes/report-times.ts'
import { startTcpProxy } from '../support/faults/tcp-proxy.ts'

/** The drill of docs/operations.md: three nodes are replaced one after the other while people ask and read. */

const NODES = 3
/** People, of whom each asks again as soon as the answer has ended. */
const PEOPLE = amount(12, 48)
const QUESTION = 'Write 150 words about bridges'

test(`a rolling restart of ${NODES} nodes under ${PEOPLE} people who go on asking fails no run (P2, P5, P6, P9)`, async () => {
  await using opened = new AsyncDisposableStack()
  const database = opened.use(await createTestDatabase())
  const settings = { DATABASE_URL: database.url }
  const nodes = await Promise.all(Array.from({ length: NODES }, () => startNode(settings)))
  for (const node of nodes) opened.use(node)
  // A load balancer without sticky sessions, which leads to a node that is closing no more.
  let turn = 0
  let open: Node[] = [...nodes]
  const balancer = opened.use(
    await startTcpProxy(() => open[(turn += 1) % open.length]?.server.port ?? 0),
  )
  const client = opened.use(connect({ url: balancer.url }))

  let isOngoing = true
  const readers: Reader[] = []
  const answers: string[] = []
  const people = Array.from({ length: PEOPLE }, async () => {
    // Each person has a connection, so that people are connected to all nodes.
    const own = opened.use(connect({ url: balancer.url }))
    const { id } = await own.api.sessions.create.mutate({ title: 'Asked' })
    const reader = opened.use(readSession(own, id))
    readers.push(reader)
    do {
      const { runId } = await own.session(id).send(QUESTION)
      await reader.until((one) => isOver(one) && endOf(one, runId))
      answers.push(reader.answer?.status ?? 'none')
    } while (isOngoing)
    return id
  })
  await Promise.all(
    Array.from({ length: PEOPLE }, async (_, index) => {
      await expect.poll(() => readers[index]?.answer?.text.length ?? 0).toBeGreaterThan(80)
    }),
  )

  for (const node of nodes) {
    open = open.filter((one) => one !== node)
    const toldAt = performance.now()
    const status = await node.server.end('SIGTERM')
    const took = performance.now() - toldAt
    expect(status, node.server.output()).toBe(0)
    expect(took).toBeLessThan(30_000)
    const before = new Map(readers.map((reader) => [reader, reader.seen.length]))
    const next = opened.use(await startNode(settings))
    open = [...open, next]
    reportTimes('From SIGTERM to the exit', [took])
    const takenOver = readers.flatMap(({ seen }) =>
      seen.filter(({ event, at }) => at > toldAt && event.type === 'start' && event.attempt > 1),
    )
    reportTimes(
      'From SIGTERM to the next attempt',
      takenOver.map(({ at }) => at - toldAt),
    )
    // Every answer goes on, whichever node wrote it.
    await Promise.all(
      readers.map((reader) => reader.until(({ seen }) => seen.length > (before.get(reader) ?? 0))),
    )
  }
  isOngoing = false
  const ids = await Promise.all(people)

  expect(answers.filter((status) => status !== 'completed')).toEqual([])
  const attempts = await Promise.all(ids.map((id) => attemptsIn(client, id)))
  const takeovers = attempts.flat().filter((attempt) => attempt > 1).length
  console.log(`Answers: ${answers.length}, of which ${takeovers} were taken over`)
  expect(takeovers).toBeGreaterThan(0)
  for (const reader of readers) {
    expect(reader.broken).toEqual([])
    expect(await knowsAll(reader, client)).toBe(true)
  }
})

function endOf({ seen }: Reader, runId: string): boolean {
  return seen.some(({ event }) => event.type === 'end' && event.runId === runId)
}

/** The last attempt of each run. Every run has one end. */
async function attemptsIn(client: Client, id: string): Promise<number[]> {
  const log = await logOf(client, id)
  const last = new Map<string, number>()
  for (const { event } of log) if (event.type === 'start') last.set(event.runId, event.attempt)
  expect(log.filter(({ event }) => event.type === 'end')).toHaveLength(last.size)
  return [...last.values()]
}
