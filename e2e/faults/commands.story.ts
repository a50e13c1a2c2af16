import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { amount } from '../../scripts/testing/amount.ts'
import { createTestDatabase } from '../../scripts/testing/postgres/test-database.ts'
import type { TestDatabase } from '../../scripts/testing/postgres/test-database.ts'
import { connect } from '../../shared/client/index.ts'
import {
  DONE,
  chatChunk,
  sse,
  startScriptedProvider,
} from '../../server/model/testing/scripted-provider.ts'
import { startCallCounter } from '../support/processes/call-counter.ts'
import { ask, startNode } from '../support/processes/nodes.ts'
import { createRandom } from '../support/processes/random.ts'
import { isOver, knowsAll, logOf, readSession } from '../support/processes/reader.ts'
import type { Reader } from '../support/processes/reader.ts'
import { reportTimes } from '../support/processes/report-times.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database[Symbol.asyncDispose]())

describe('a stop from the other node', () => {
  const RACES = amount(30, 300)
  const AT_ONCE = 20

  test(`races an answer to its end ${RACES} times: each ends once, as stopped when and only when the stop was taken (P9)`, async () => {
    await using opened = new AsyncDisposableStack()
    const random = createRandom()
    console.log(`Random by SEED=${random.seed}`)
    const finish = sse(chatChunk({}, 'stop')) + DONE
    let longestMs = 60
    const provider = opened.use(
      await startScriptedProvider(() => ({
        body: [
          ...['one ', 'two ', 'three'].map((content) => sse(chatChunk({ content }))),
          { delay: random.whole(0, longestMs) },
          finish,
        ],
      })),
    )
    const settings = { DATABASE_URL: database.url, OPENAI_BASE_URL: provider.baseUrl }
    const writing = opened.use(await startNode(settings))
    const stopping = opened.use(await startNode(settings))
    const taken = { true: 0, false: 0 }

    const race = async () => {
      const id = await ask(writing, 'Count')
      await using reader = readSession(stopping.client, id)
      await reader.until(({ answer }) => (answer?.text.length ?? 0) > 0)
      const { stopped } = await stopping.client.session(id).stop()
      await reader.until(isOver)
      taken[`${stopped}`] += 1
      expect(reader.answer?.status).toBe(stopped ? 'stopped' : 'completed')
      expect(reader.broken).toEqual([])
      const log = await logOf(writing.client, id)
      expect(log.filter(({ event }) => event.type === 'end')).toHaveLength(1)
      expect(log.at(-1)?.event.type).toBe('end')
    }
    const isOneSided = () => Math.min(taken.true, taken.false) === 0
    for (let done = 0; done < RACES || (isOneSided() && done < RACES * 10); done += AT_ONCE) {
      const before = taken.true
      await Promise.all(Array.from({ length: AT_ONCE }, race))
      // How long a stop takes depends on the machine, so the answers end later or earlier until both sides win.
      const won = taken.true - before
      if (won < AT_ONCE / 4) longestMs *= 2
      else if (won > (AT_ONCE * 3) / 4) longestMs = Math.ceil(longestMs / 2)
    }
    console.log(`Stops that were taken, and that came too late: ${taken.true}, ${taken.false}`)
    // If one side always wins, the race is not tested.
    expect(isOneSided()).toBe(false)
  })

  test('reaches the provider within a second (P9)', async () => {
    await using opened = new AsyncDisposableStack()
    const provider = opened.use(
      await startScriptedProvider([
        { body: [sse(chatChunk({ content: 'Once upon a time' }))], ending: 'hold' },
      ]),
    )
    const settings = { DATABASE_URL: database.url, OPENAI_BASE_URL: provider.baseUrl }
    const writing = opened.use(await startNode(settings))
    const other = opened.use(await startNode(settings))
    for (const { name, node } of [
      { name: 'the same', node: writing },
      { name: 'the other', node: other },
    ]) {
      const id = await ask(writing, 'Tell me a story')
      await using reader = readSession(other.client, id)
      await reader.until(({ answer }) => (answer?.text.length ?? 0) > 0)
      const stoppedAt = performance.now()
      const stop = node.client.session(id).stop()
      await provider.requests.at(-1)?.over
      const time = performance.now() - stoppedAt
      reportTimes(`From stop on ${name} node to the provider`, [time])
      expect(time).toBeLessThan(1_000)
      expect(await stop).toEqual({ stopped: true })
      expect(provider.requests.at(-1)?.aborted).toBe(true)
      await reader.until(isOver)
      expect(reader.answer).toMatchObject({ status: 'stopped', text: 'Once upon a time' })
    }
  })
})

describe('an approval', () => {
  const isAsked = ({ answer }: Reader): boolean =>
    answer?.status === 'waiting' && answer.calls[0]?.status === 'awaiting-approval'

  test('that two tabs on two nodes give at once is taken once: the other is told, and the call happens once (P11)', async () => {
    await using opened = new AsyncDisposableStack()
    const counter = opened.use(await startCallCounter())
    const settings = { DATABASE_URL: database.url, COUNTER_URL: counter.url }
    const nodes = [
      opened.use(await startNode(settings)),
      opened.use(await startNode(settings)),
    ] as const
    const decide = async (key: string) => {
      const id = await ask(nodes[0], `Use count_approved with {"key":"${key}"}`)
      await using reader = readSession(nodes[1].client, id)
      await reader.until(isAsked)
      const callId = reader.answer?.calls[0]?.id ?? ''
      const decisions = await Promise.allSettled(
        nodes.map(({ client }) => client.api.tools.decide.mutate({ callId, decision: 'approve' })),
      )
      const refused = decisions.filter(({ status }) => status === 'rejected')
      expect(refused).toMatchObject([{ reason: { data: { code: 'CONFLICT' } } }])
      await reader.until(isOver)
      expect(reader.answer).toMatchObject({ status: 'completed', calls: [{ status: 'completed' }] })
      expect(reader.broken).toEqual([])
      expect(counter.starts.filter((start) => start.key === key)).toHaveLength(1)
      for (const { client } of nodes) expect(await knowsAll(reader, client)).toBe(true)
    }
    await Promise.all(Array.from({ length: 20 }, (_, index) => decide(`pair-${index}`)))
  })

  test('waits while every node is killed and started anew, and is carried out then (P4, P11)', async () => {
    await using opened = new AsyncDisposableStack()
    const counter = opened.use(await startCallCounter())
    const settings = { DATABASE_URL: database.url, COUNTER_URL: counter.url }
    const killed = [
      opened.use(await startNode(settings)),
      opened.use(await startNode(settings)),
    ] as const
    const id = await ask(killed[0], 'Use count_approved with {"key":"patient"}')
    const client = opened.use(connect({ url: killed[1].server.url }))
    const reader = opened.use(readSession(client, id))
    await reader.until(isAsked)
    for (const { server } of killed) await server.end('SIGKILL')
    const port = String(killed[1].server.port)
    const restarted = opened.use(await startNode({ ...settings, SERVER_PORT: port }))
    const callId = reader.answer?.calls[0]?.id ?? ''
    expect(counter.starts).toEqual([])
    await client.api.tools.decide.mutate({ callId, decision: 'approve' })
    await reader.until(isOver)
    expect(reader.answer).toMatchObject({ status: 'completed', calls: [{ status: 'completed' }] })
    expect(counter.starts.map(({ callId: started }) => started)).toEqual([callId])
    expect(reader.broken).toEqual([])
    expect(await knowsAll(reader, restarted.client)).toBe(true)
  })
})
