import { afterAll, beforeAll, expect, test } from 'vitest'
import { amount } from '../../scripts/testing/amount.ts'
import { createTestDatabase } from '../../scripts/testing/postgres/test-database.ts'
import type { TestDatabase } from '../../scripts/testing/postgres/test-database.ts'
import { startCallCounter } from '../support/processes/call-counter.ts'
import type { CallCounter } from '../support/processes/call-counter.ts'
import { LEASE, ask, startNode } from '../support/processes/nodes.ts'
import type { Node } from '../support/processes/nodes.ts'
import { createRandom } from '../support/processes/random.ts'
import type { Random } from '../support/processes/random.ts'
import { isOver, knowsAll, logOf, readSession } from '../support/processes/reader.ts'
import type { Reader } from '../support/processes/reader.ts'
import { reportTimes } from '../support/processes/report-times.ts'

/** Answers that are interrupted by a kill. */
const KILLS = amount(10, 200)
/** Answers that run on a node when it is killed. */
const AT_ONCE = 5

let database: TestDatabase
let counter: CallCounter
let settings: Record<string, string>
beforeAll(async () => {
  database = await createTestDatabase()
  counter = await startCallCounter()
  settings = { DATABASE_URL: database.url, COUNTER_URL: counter.url }
})
afterAll(async () => {
  await counter[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

const QUESTIONS = [
  (key: string) => `Use count_once with {"key":"${key}"}`,
  (key: string) =>
    `Use count_idempotent with {"key":"${key}"} and count_read with {"key":"${key}"}`,
  (key: string) =>
    `Use count_once with {"key":"${key}"}, count_read with {"key":"${key}"} and count_idempotent with {"key":"${key}"}`,
  () => 'Write 60 words about rivers',
] as const

test(
  `${KILLS} answers whose node is killed at any moment lose no word, end once, and start no once tool twice (P2, P5, P6, P7, P9)`,
  { timeout: 30_000 + KILLS * 10_000 },
  async () => {
    const random = createRandom()
    console.log(`Random by SEED=${random.seed}`)
    const takeovers: number[] = []
    let unknown = 0
    await using opened = new AsyncDisposableStack()
    let victim = opened.use(await startNode(settings))
    let survivor = opened.use(await startNode(settings))
    for (let killed = 0; killed < KILLS; killed += AT_ONCE) {
      const asked = await askAll(victim, `${random.seed}-${killed}`)
      const readers = asked.map(({ id }) => readSession(survivor.client, id))
      await momentToKill(random, readers, killed === 0 || undefined)
      const killedAt = performance.now()
      await victim.server.end('SIGKILL')
      counter.release()
      const restarting = startNode(settings)
      opened.defer(async () => (await restarting)[Symbol.asyncDispose]())
      await victim.client.close()
      await Promise.all(readers.map((reader) => reader.until(isOver)))
      for (const [index, reader] of readers.entries()) {
        await expectUnharmed(reader, survivor, asked[index]?.key ?? '')
        takeovers.push(...takeoverTimes(reader, killedAt))
        unknown += reader.answer?.calls.filter(({ status }) => status === 'unknown').length ?? 0
        await reader[Symbol.asyncDispose]()
      }
      victim = survivor
      survivor = await restarting
    }
    reportTimes('From SIGKILL to the next attempt', takeovers)
    console.log(`Calls whose outcome the kills hid: ${unknown}`)
    expect(unknown).toBeGreaterThan(0)
    expect(Math.max(...takeovers)).toBeLessThan((LEASE + 5) * 1000)
  },
)

async function askAll(node: Node, round: string): Promise<{ id: string; key: string }[]> {
  return Promise.all(
    Array.from({ length: AT_ONCE }, async (_, index) => {
      const key = `${round}-${index}`
      const question = QUESTIONS[index % QUESTIONS.length] ?? QUESTIONS[0]
      return { key, id: await ask(node, question(key)) }
    }),
  )
}

/**
 * Resolves after a random number of events, or when several tools have begun, among them one with the effect `once`,
 * and get no answer.
 */
async function momentToKill(
  random: Random,
  readers: readonly Reader[],
  inTools = random.of([true, false]),
): Promise<void> {
  if (!inTools) {
    const count = random.whole(1, 200)
    const enough = () => readers.reduce((sum, { seen }) => sum + seen.length, 0) >= count
    const over = () => readers.every(isOver)
    await Promise.race(readers.map((reader) => reader.until(() => enough() || over())))
    return
  }
  const known = counter.starts.length
  const count = known + random.whole(1, 4)
  counter.hold()
  await new Promise<void>((resolve) => {
    const look = (): void => {
      const once = counter.starts.slice(known).some(({ tool }) => tool === 'count_once')
      if (once && counter.starts.length >= count) resolve()
    }
    counter.onStart = look
    look()
  })
  counter.onStart = () => undefined
}

async function expectUnharmed(reader: Reader, node: Node, key: string): Promise<void> {
  const id = reader.state?.session.id ?? ''
  expect(reader.broken).toEqual([])
  expect(reader.answer?.status).toBe('completed')
  expect(await knowsAll(reader, node.client)).toBe(true)
  const log = await logOf(node.client, id)
  const ends = log.flatMap(({ event, seq }) => (event.type === 'end' ? [seq] : []))
  expect(ends).toHaveLength(1)
  const after = log.filter(({ seq }) => seq > (ends[0] ?? 0)).map(({ event }) => event.type)
  expect(after.filter((type) => type !== 'session')).toEqual([])
  const starts = counter.starts.filter((start) => start.key === key)
  for (const call of reader.answer?.calls ?? []) {
    const own = starts.filter(({ tool }) => tool === call.name)
    // A step whose calls are recorded is not requested again, so a call keeps its id.
    expect(own.map(({ callId }) => callId)).toEqual(own.map(() => call.id))
    if (call.effect === 'once') expect(own.length).toBeLessThanOrEqual(1)
    if (call.status === 'unknown') {
      expect(call).toMatchObject({ effect: 'once', error: expect.stringContaining('not known') })
      expect(reader.answer?.text).toMatch(/not known/i)
    } else {
      expect(call.status).toBe('completed')
      expect(own.length).toBeGreaterThanOrEqual(1)
    }
  }
}

function takeoverTimes({ seen }: Reader, killedAt: number): number[] {
  return seen.flatMap(({ event, at }) =>
    event.type === 'start' && event.attempt > 1 ? [at - killedAt] : [],
  )
}
