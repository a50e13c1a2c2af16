import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestDatabase } from '../scripts/testing/postgres/test-database.ts'
import { withoutIds } from '../server/sessions/testing/without-ids.ts'
import { connect } from '../shared/client/index.ts'
import type { Client } from '../shared/client/index.ts'
import { ExportFile } from '../shared/contract/export.ts'
import { newId } from '../shared/contract/new-id.ts'
import {
  ANSWER_USAGE,
  UPTIME_ANSWER,
  startAnsweringProvider,
} from './support/services/answering-provider.ts'
import { startNode } from './support/processes/nodes.ts'
import { isOver, knowsAll, readSession } from './support/processes/reader.ts'
import type { Reader } from './support/processes/reader.ts'
import { followList } from './support/processes/session-list.ts'

/** Two clients, as of two people or two tabs; each talks to a node, possibly the same one. */
type World = AsyncDisposable & { here: Client; there: Client; urls: [here: string, there: string] }

/** Starts the provider, the nodes and two clients; the second client uses the last node. */
async function openWorld(nodes: number, storage: Record<string, string>): Promise<World> {
  await using opened = new AsyncDisposableStack()
  const provider = opened.use(await startAnsweringProvider())
  const settings = { ...storage, OPENAI_BASE_URL: provider.baseUrl, SESSION_GRACE_SECONDS: '1' }
  const started = await Promise.all(Array.from({ length: nodes }, () => startNode(settings)))
  for (const node of started) opened.use(node)
  const urls = started.map(({ server }) => server.url)
  const [here = '', there = here] = urls
  const clients = [here, there].map((url) => opened.use(connect({ url })))
  const [first, second] = clients
  if (!first || !second) throw new Error('no clients')
  const resources = opened.move()
  return {
    here: first,
    there: second,
    urls: [here, there],
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

async function twoNodes(): Promise<World> {
  await using opened = new AsyncDisposableStack()
  const database = opened.use(await createTestDatabase())
  const world = opened.use(await openWorld(2, { DATABASE_URL: database.url }))
  const resources = opened.move()
  return { ...world, [Symbol.asyncDispose]: () => resources.disposeAsync() }
}

describe.each([
  ['two nodes on Postgres', twoNodes],
  ['one process on the embedded database', () => openWorld(1, { DATA_DIR: 'memory:' })],
] as const)('a conversation’s life, by the SDK over sockets, on %s', (_, open) => {
  let world: World
  beforeAll(async () => {
    world = await open()
  })
  afterAll(() => world[Symbol.asyncDispose]())

  test('is listed wherever somebody looks, within a second, until it is deleted', async () => {
    const { here, there } = world
    await using list = await followList(there)
    await here.api.sessions.create.mutate({})
    await list.until(({ type }) => type === 'session')
    const asked = performance.now()
    const { id } = await here.api.sessions.create.mutate({ title: 'Here' })
    await list.until((change) => change.type === 'session' && change.session.title === 'Here')
    expect(performance.now() - asked).toBeLessThan(1_000)
    await here.api.sessions.delete.mutate({ id })
    await list.until((change) => change.type === 'deleted' && change.id === id)
  })

  test('forks by edits and new answers, and every reader sees the branch that was chosen (P2)', async () => {
    const { here, there } = world
    const { id } = await here.api.sessions.create.mutate({})
    await using reader = readSession(here, id)
    await using other = readSession(there, id)
    await reader.until(({ state }) => state !== null)
    const { messageId: question } = await here.session(id).send('What is a quay?')
    await answered(reader, 'What is a quay? Answer 1.')
    await other.until(({ state }) => state?.session.title === 'Of quays')

    await there.api.messages.edit.mutate({ id: question, newId: newId(), text: 'And a wharf?' })
    await answered(reader, 'And a wharf? Answer 1.')
    expect(reader.state?.messages[0]?.siblings).toMatchObject({ previous: question, count: 2 })
    await sameForAll([reader, here], [other, there])

    const old = reader.state?.messages[1]?.id ?? ''
    const again = { id: old, newId: newId() }
    const { messageId } = await here.api.messages.regenerate.mutate(again)
    expect(messageId).toBe(again.newId)
    await answered(other, 'And a wharf? Answer 2.')
    expect((await there.api.messages.regenerate.mutate(again)).messageId).toBe(messageId)
    await sameForAll([reader, here], [other, there])

    await there.api.messages.select.mutate({ id: old })
    await reader.until(({ answer }) => answer?.text === 'And a wharf? Answer 1.')
    const told = reader.seen.findLast(({ event }) => event.type === 'snapshot')
    expect(told?.event).toMatchObject({ session: { seq: told?.seq }, messages: [{}, { id: old }] })
    await sameForAll([reader, here], [other, there])

    await here.session(id).send('Count')
    await other.until(({ answer }) => answer?.text === 'one, two')
    const counting = other.state?.messages.at(-2)?.id ?? ''
    await there.api.messages.edit.mutate({ id: counting, newId: newId(), text: 'Enough?' })
    await answered(reader, 'Enough? Answer 1.')
    const ends = reader.seen.flatMap(({ event }) => (event.type === 'end' ? [event.outcome] : []))
    expect(ends.slice(-2)).toEqual(['stopped', 'completed'])
    expect(reader.state?.messages.map(({ role }) => role).join()).toBe(
      'user,assistant,user,assistant',
    )
    await sameForAll([reader, here], [other, there])

    // Older messages by page, on either side.
    const { messages, hasOlder } = await there.api.messages.list.query({ sessionId: id, limit: 1 })
    expect(hasOlder).toBe(true)
    const before = messages[0]?.id
    const older = await here.api.messages.list.query({ sessionId: id, limit: 9, before })
    expect([...older.messages, ...messages]).toEqual(reader.state?.messages)
    expect(older.hasOlder).toBe(false)
  })

  test('is found by its words, also on a branch that nobody sees, and leads to the message', async () => {
    const { here, there } = world
    const { id } = await here.api.sessions.create.mutate({ title: 'Birds' })
    await using reader = readSession(here, id)
    const { messageId } = await here.session(id).send('What does a cormorant eat?')
    await answered(reader, 'What does a cormorant eat? Answer 1.')
    await here.api.messages.edit.mutate({ id: messageId, text: 'And a gull?' })
    await answered(reader, 'And a gull? Answer 1.')
    const hits = await there.api.sessions.search.query({ query: 'cormorants eat' })
    const hit = hits.find((found) => found.messageId === messageId)
    expect(hit).toMatchObject({ sessionId: id, title: 'Birds' })
    const { snippet = '', highlights: [mark] = [] } = hit ?? {}
    expect(snippet.slice(mark?.start, mark?.end)).toBe('cormorant')
  })

  test('is counted: what models used, in all and by the days of a time zone', async () => {
    const { here, there } = world
    const { id: sessionId } = await here.api.sessions.create.mutate({ title: 'Counted' })
    await using reader = readSession(there, sessionId)
    const zone = 'Pacific/Kiritimati'
    const today = () => new Intl.DateTimeFormat('en-CA', { timeZone: zone }).format(new Date())
    const days = [today()]
    await here.session(sessionId).send('What is the uptime?')
    await answered(reader, UPTIME_ANSWER)
    days.push(today())
    const used = {
      inputTokens: 2 * ANSWER_USAGE.inputTokens,
      outputTokens: 2 * ANSWER_USAGE.outputTokens,
      runs: 1,
      // The price of this provider is unknown.
      costUsd: null,
    }
    const { total, models } = await there.api.usage.summary.query({ sessionId })
    expect(total).toMatchObject(used)
    expect(models).toEqual([{ model: 'scripted', ...total }])
    const daily = await there.api.usage.daily.query({ sessionId, timeZone: zone })
    expect(daily).toEqual([{ model: 'scripted', ...total, day: expect.any(String) }])
    expect(days).toContain(daily[0]?.day)
  })

  test('is shared as it was, for anybody who has the token, until that is taken back anywhere', async () => {
    const { here, there, urls } = world
    const { id: sessionId } = await here.api.sessions.create.mutate({ title: 'Shown' })
    await using reader = readSession(here, sessionId)
    await here.session(sessionId).send('What is a pier?')
    await answered(reader, 'What is a pier? Answer 1.')
    const { token } = await here.api.shares.create.mutate({ sessionId })
    await here.session(sessionId).send('And later?')
    await answered(reader, 'And later? Answer 1.')
    // Plain HTTP, without credentials.
    const [first, second] = urls.map((url) => `${url}/api/share/${token}`)
    const shown = await fetch(second ?? '')
    expect(await shown.json()).toMatchObject({ title: 'Shown', messages: [{}, {}] })
    await there.api.shares.revoke.mutate({ token })
    expect((await fetch(first ?? '')).status).toBe(404)
    await expect(here.api.shares.get.query({ token })).rejects.toMatchObject({
      data: { code: 'NOT_FOUND' },
    })
  })

  test('is taken out and brought in whole, and nothing of a broken file is', async () => {
    const { here, there } = world
    const { id } = await here.api.sessions.create.mutate({ title: 'Carried' })
    await using reader = readSession(here, id)
    const { messageId } = await here.session(id).send('What is the uptime?')
    await answered(reader, UPTIME_ANSWER)
    await here.api.messages.edit.mutate({ id: messageId, text: 'What is a mole?' })
    await answered(reader, 'What is a mole? Answer 1.')
    const { content } = await here.api.sessions.export.query({ id, format: 'json' })
    const { sessions } = await there.api.sessions.import.mutate({ data: content })
    const copy = sessions[0]?.id ?? ''
    expect(copy).not.toBe(id)
    const back = await here.api.sessions.export.query({ id: copy, format: 'json' })
    expect(withoutIds(read(back.content))).toEqual(withoutIds(read(content)))
    expect(content).toContain('"get_system_metrics"')
    const { messages } = await there.api.messages.list.query({ sessionId: copy })
    expect(messages.map(({ parts }) => parts)).toEqual(
      reader.state?.messages.map(({ parts }) => parts),
    )

    const count = async () => (await here.api.sessions.list.query({ limit: 100 })).items.length
    const before = await count()
    const [good] = read(content).sessions
    const broken = { ...read(content), sessions: [good, { ...good, title: 7 }] }
    await expect(there.api.sessions.import.mutate({ data: broken })).rejects.toMatchObject({
      data: { code: 'BAD_REQUEST' },
      message: expect.stringContaining('data.sessions[1].title'),
    })
    expect(await count()).toBe(before)
  })

  test('closes with a summary when its last reader has left, wherever that was, and opens again (P14)', async () => {
    const { here, there } = world
    const { id } = await here.api.sessions.create.mutate({})
    const get = () => there.api.sessions.get.query({ id })
    await using opened = new AsyncDisposableStack()
    const reader = opened.use(readSession(here, id))
    const last = opened.use(readSession(there, id))
    await here.session(id).send('What is a berth?')
    await answered(reader, 'What is a berth? Answer 1.')
    await answered(last, 'What is a berth? Answer 1.')
    await reader[Symbol.asyncDispose]()
    const left = Date.now()
    await last[Symbol.asyncDispose]()
    await expect
      .poll(get, { timeout: 60_000 })
      .toMatchObject({ status: 'closed', summary: 'They spoke of quays.' })
    const { endedAt, durationMs } = await get()
    // The session ended when the last reader left; neither when the first left nor when the grace period was over.
    expect(Math.abs(Date.parse(endedAt ?? '') - left)).toBeLessThan(900)
    await using back = readSession(here, id)
    await back.until(({ state }) => state?.session.status === 'active')
    expect(await get()).toMatchObject({ status: 'active', endedAt: null, durationMs })
  })
})

/** Waits until the newest answer is complete with this text. */
async function answered(reader: Reader, text: string): Promise<void> {
  await reader.until((now) => isOver(now) && now.answer?.text === text)
}

/** Checks that each reader's state equals that of a fresh reader on its node, and that the readers agree. */
async function sameForAll(...readers: [reader: Reader, client: Client][]): Promise<void> {
  const seqs = readers.map(([{ state }]) => state?.seq ?? 0)
  for (const [reader] of readers) {
    await reader.until(({ state }) => (state?.seq ?? 0) >= Math.max(...seqs))
    const places = reader.seen.map(({ seq }) => seq)
    expect(places).toEqual([...new Set(places)].toSorted((a, b) => a - b))
  }
  for (const [reader, client] of readers) {
    await expect.poll(() => knowsAll(reader, client)).toBe(true)
  }
  expect(new Set(readers.map(([{ state }]) => JSON.stringify(state))).size).toBe(1)
}

function read(content: string): ExportFile {
  return ExportFile.parse(JSON.parse(content))
}
