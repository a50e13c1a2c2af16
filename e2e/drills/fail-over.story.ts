import { expect, test } from 'vitest'
import { isApiError } from '../../shared/client/index.ts'
import { amount } from '../../scripts/testing/amount.ts'
import { ask, startNode } from '../support/processes/nodes.ts'
import { startPostgresPair } from '../support/faults/fail-over.ts'
import { isOver, knowsAll, logOf, readSession } from '../support/processes/reader.ts'
import type { Reader } from '../support/processes/reader.ts'
import { reportTimes } from '../support/processes/report-times.ts'

/** The drills of docs/operations.md: Postgres fails over to its streaming replica in the middle of answers. */

const ANSWERS = amount(4, 24)
/** Long enough that answers are under way when the primary crashes, also where so many take long to begin. */
const WORDS = amount(80, 500)

async function openPair(replication: 'synchronous' | 'asynchronous', opened: AsyncDisposableStack) {
  const pair = opened.use(await startPostgresPair(replication))
  const settings = { DATABASE_URL: pair.url, LOG_LEVEL: 'fatal' }
  const nodes = (await Promise.all([startNode(settings), startNode(settings)])).map((node) =>
    opened.use(node),
  )
  const [writes, reads] = nodes
  if (!writes || !reads) throw new Error('two nodes were started')
  const ids = await Promise.all(
    Array.from({ length: ANSWERS }, () => ask(writes, `Write ${WORDS} words about lakes`)),
  )
  const readers = ids.map((id) => opened.use(readSession(reads.client, id)))
  await Promise.all(readers.map((one) => one.until((reader) => textOf(reader).length > 100)))
  return { pair, nodes, ids, readers, reads }
}

test(`a fail-over to a synchronous replica in the middle of ${ANSWERS} answers loses nothing that was shown, and all end (P2, P5, P9)`, async () => {
  await using opened = new AsyncDisposableStack()
  const { pair, nodes, readers, reads } = await openPair('synchronous', opened)
  const underWay = readers.filter((one) => !isOver(one)).length
  console.log(`Answers under way at the crash: ${underWay} of ${ANSWERS}`)
  const beganAt = performance.now()
  await pair.failOver()
  const promotedAt = performance.now()
  for (const reader of readers) await reader.until(isOver)
  reportTimes('The fail-over itself', [promotedAt - beganAt])
  reportTimes('From the crash to the next event', nextAfter(readers, promotedAt, beganAt))
  for (const reader of readers) {
    expect(reader.broken).toEqual([])
    expect(reader.answer?.status).toBe('completed')
    for (const { client } of nodes) expect(await knowsAll(reader, client)).toBe(true)
    const log = await logOf(reads.client, reader.state?.session.id ?? '')
    expect(log.filter(({ event }) => event.type === 'end')).toHaveLength(1)
  }
})

test('a fail-over to an asynchronous replica that was behind loses what it had not got, a message that was acknowledged too; all else goes on from there', async () => {
  await using opened = new AsyncDisposableStack()
  const { pair, nodes, ids, readers, reads } = await openPair('asynchronous', opened)
  await pair.isolate()
  // Commits from here on exist on the old primary alone.
  const lost = await ask(reads, 'Write 80 words about what is lost')
  await using losing = readSession(reads.client, lost)
  await losing.until((reader) => textOf(reader).length > 20)
  await pair.failOver()

  await expect
    .poll(() => codeOf(reads.client.api.sessions.get.query({ id: lost })))
    .toBe('NOT_FOUND')
  // The nodes that write them know their texts whole, those that were shown and lost as well.
  for (const id of ids) {
    const last = async () =>
      (await reads.client.api.messages.list.query({ sessionId: id })).messages.at(-1)
    await expect.poll(async () => (await last())?.status).toBe('completed')
    const stored = (await last())?.parts.map((part) => ('text' in part ? part.text : '')).join('')
    const shown = readers.find(({ state }) => state?.session.id === id)
    expect(stored?.startsWith(shown === undefined ? '?' : textOf(shown))).toBe(true)
    expect(shown?.broken).toEqual([])
    for (const { client } of nodes) {
      const log = await logOf(client, id)
      expect(log.filter(({ event }) => event.type === 'end')).toHaveLength(1)
    }
  }
  // A run that is gone keeps no node busy.
  for (const node of nodes) {
    await using again = readSession(node.client, await ask(node, 'Hello'))
    await again.until(isOver)
    expect(again.answer?.status).toBe('completed')
  }
})

async function codeOf(asked: Promise<unknown>): Promise<string> {
  try {
    await asked
    return 'none'
  } catch (error) {
    return isApiError(error) ? error.data.code : 'other'
  }
}

function textOf({ answer }: Reader): string {
  return answer?.text ?? ''
}

function nextAfter(readers: readonly Reader[], after: number, since: number): number[] {
  return readers.flatMap(({ seen }) => {
    const next = seen.find(({ at }) => at > after)
    return next ? [next.at - since] : []
  })
}
