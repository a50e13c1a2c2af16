import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect } from '../../shared/client/index.ts'
import { until } from '../../shared/client/testing/reader.ts'
import { startPostgres } from '../../scripts/testing/postgres/postgres-server.ts'
import type { PostgresServer } from '../../scripts/testing/postgres/postgres-server.ts'
import { startCallCounter } from '../support/processes/call-counter.ts'
import type { CallCounter } from '../support/processes/call-counter.ts'
import { LEASE, ask, startNode } from '../support/processes/nodes.ts'
import type { Node } from '../support/processes/nodes.ts'
import { createRandom } from '../support/processes/random.ts'
import { isOver, knowsAll, logOf, readSession } from '../support/processes/reader.ts'
import type { Reader } from '../support/processes/reader.ts'
import { reportTimes } from '../support/processes/report-times.ts'

const ANSWERS = 8

describe('a Postgres', () => {
  let postgres: PostgresServer
  let counter: CallCounter
  let nodes: readonly [Node, Node]
  beforeAll(async () => {
    // A durable Postgres: every acknowledged commit must still be there after its restart.
    postgres = await startPostgres({})
    counter = await startCallCounter()
    const settings = {
      DATABASE_URL: postgres.url('postgres'),
      COUNTER_URL: counter.url,
      LOG_LEVEL: 'fatal',
    }
    nodes = [await startNode(settings), await startNode(settings)]
  })
  afterAll(async () => {
    for (const node of nodes) await node[Symbol.asyncDispose]()
    await counter[Symbol.asyncDispose]()
    await postgres.stop()
  })

  test('that goes down and comes back under running answers is missed truthfully, and nothing shown is lost (P2, P5, P9, P13)', async () => {
    await using opened = new AsyncDisposableStack()
    const idle = await nodes[0].client.api.sessions.create.mutate({})
    const ids = await Promise.all(
      Array.from({ length: ANSWERS }, (_, index) =>
        ask(
          nodes[0],
          index % 2 === 0 ? 'Write 200 words about lakes' : toolQuestion(`down-${index}`),
        ),
      ),
    )
    const readers = ids.map((id) => opened.use(readSession(nodes[1].client, id)))
    await readers[0]?.until(({ answer }) => (answer?.text.length ?? 0) > 100)
    await postgres.halt()

    for (const { server, client } of nodes) {
      const ready = await fetch(`${server.url}/readyz`)
      expect(ready.status).toBe(503)
      const send = client.api.messages.send.mutate({ sessionId: idle.id, text: 'Are you there?' })
      await expect(send).rejects.toMatchObject({ data: { code: 'SERVICE_UNAVAILABLE' } })
      const live = await fetch(`${server.url}/livez`)
      expect(live.status).toBe(200)
    }

    // The outage has to be longer than the nodes' leases; this does not wait for an event.
    await wait((LEASE + 1) * 1000)
    await postgres.resume()
    const backAt = performance.now()
    for (const reader of readers) {
      await reader.until(isOver)
      await expectUnharmed(reader)
    }
    const next = readers.flatMap(({ seen }) => seen.find(({ at }) => at > backAt)?.at ?? [])
    reportTimes(
      'From the return of Postgres to the next event',
      next.map((at) => at - backAt),
    )
    for (const { server, client } of nodes) {
      expect((await fetch(`${server.url}/readyz`)).status).toBe(200)
      await using again = readSession(client, await ask({ client }, 'Hello'))
      await again.until(isOver)
      expect(again.answer?.status).toBe('completed')
    }
    expect((await logOf(nodes[0].client, idle.id)).length).toBe(0)
  })

  test('that is away while tabs come back is waited for by each, which says so; none is lost (P2, P13)', async () => {
    const { url } = nodes[0].server
    await using client = connect({ url })
    const { id } = await client.api.sessions.create.mutate({})
    const { store } = client.session(id)
    const stop = store.subscribe(() => undefined)
    await until(store, ({ status }) => status === 'live')
    await postgres.halt()
    // A tab that is opened during the outage.
    await using late = connect({ url })
    const lateStore = late.session(id).store
    const stopLate = lateStore.subscribe(() => undefined)
    await until(
      late.connection,
      (state) => state.status === 'reconnecting' && state.cause.reason === 'database',
    )
    expect(lateStore.getSnapshot()).toMatchObject({ status: 'loading', error: null })
    const plain = new WebSocket(`${url.replace('http', 'ws')}/ws/session/${id}`)
    const closed = await new Promise<CloseEvent>((resolve) =>
      plain.addEventListener('close', resolve),
    )
    expect(closed.code).toBe(1013)
    const stream = await fetch(
      `${url}/trpc/sessions.watch?input=${encodeURIComponent(JSON.stringify({ id }))}`,
      { headers: { accept: 'text/event-stream' } },
    )
    expect(await stream.text()).toContain('SERVICE_UNAVAILABLE')
    await postgres.resume()
    await until(late.connection, ({ status }) => status === 'connected')
    await late.session(id).send('Hello')
    for (const one of [store, lateStore]) {
      await until(one, ({ state }) => state?.messages.at(-1)?.status === 'completed')
    }
    stop()
    stopLate()
  })

  test('whose connections are ended again and again in the middle of commits costs no answer a word (P1, P2, P5, P9)', async () => {
    await using opened = new AsyncDisposableStack()
    const random = createRandom()
    console.log(`Random by SEED=${random.seed}`)
    const ids = await Promise.all(
      Array.from({ length: ANSWERS }, (_, index) =>
        ask(
          nodes[0],
          index % 2 === 0 ? 'Write 300 words about wells' : toolQuestion(`cut-${index}`),
        ),
      ),
    )
    const readers = ids.map((id) => opened.use(readSession(nodes[1].client, id)))
    const ended = await endConnections(readers, () => random.whole(5, 60))
    console.log(`Connections that were ended: ${ended}`)
    expect(ended).toBeGreaterThan(10)
    for (const reader of readers) {
      await reader.until(isOver)
      await expectUnharmed(reader)
    }
    for (const { server } of nodes) expect(server.process.exitCode).toBe(null)
  })

  function toolQuestion(key: string): string {
    return `Use count_once with {"key":"${key}"} and count_read with {"key":"${key}"}`
  }

  async function expectUnharmed(reader: Reader): Promise<void> {
    const id = reader.state?.session.id ?? ''
    expect(reader.broken).toEqual([])
    expect(reader.answer?.status).toBe('completed')
    for (const { client } of nodes) expect(await knowsAll(reader, client)).toBe(true)
    const log = await logOf(nodes[0].client, id)
    expect(log.filter(({ event }) => event.type === 'end')).toHaveLength(1)
    for (const call of reader.answer?.calls ?? []) {
      const starts = counter.starts.filter(({ callId }) => callId === call.id)
      if (call.effect === 'once') expect(starts.length).toBeLessThanOrEqual(1)
      expect(call.status === 'unknown' || starts.length > 0).toBe(true)
    }
  }

  /** Ends one active or listening connection of the nodes after every few events, for as long as an answer runs. */
  async function endConnections(readers: readonly Reader[], pause: () => number): Promise<number> {
    const client = new pg.Client({ connectionString: postgres.url('postgres') })
    await client.connect()
    let ended = 0
    try {
      while (!readers.every(isOver)) {
        const { rowCount } = await client.query(
          `select pg_terminate_backend(pid) from pg_stat_activity
           where backend_type = 'client backend' and pid <> pg_backend_pid()
             and (state <> 'idle' or query ilike 'listen %')
           order by random() limit 1`,
        )
        ended += rowCount ?? 0
        if (rowCount === 0) continue
        const enough = readers.reduce((sum, { seen }) => sum + seen.length, 0) + pause()
        const passed = () =>
          readers.reduce((sum, { seen }) => sum + seen.length, 0) >= enough || readers.every(isOver)
        await Promise.race(readers.map((reader) => reader.until(passed)))
      }
      return ended
    } finally {
      await client.end()
    }
  }
})
