import { expect, test } from 'vitest'
import { createTestDatabase } from '../../scripts/testing/postgres/test-database.ts'
import { temporaryFolder } from '../../scripts/testing/server-process.ts'
import { chatAnswer, startScriptedProvider } from '../../server/model/testing/scripted-provider.ts'
import type { ScriptedRequest } from '../../server/model/testing/scripted-provider.ts'
import { ask, startNode } from '../support/processes/nodes.ts'
import type { Node } from '../support/processes/nodes.ts'
import { isOver, readSession } from '../support/processes/reader.ts'

/** A model that answers and writes titles; its first summary never finishes. */
async function startProvider() {
  const asked: ScriptedRequest[] = []
  const provider = await startScriptedProvider((request) => {
    const text = JSON.stringify(request.body)
    if (!text.includes('Summarise the conversation')) {
      return { body: [chatAnswer(text.includes('Write a title') ? 'Quays' : 'For ships.')] }
    }
    asked.push(request)
    return asked.length === 1 ? { ending: 'hold' } : { body: [chatAnswer('About quays.')] }
  })
  return { ...provider, summariesAsked: () => asked.length }
}

test('a killed node’s readers are gone, another closes the session, is killed over its summary, and a third writes it (P14)', async () => {
  await using opened = new AsyncDisposableStack()
  const database = opened.use(await createTestDatabase())
  const provider = opened.use(await startProvider())
  const settings = {
    DATABASE_URL: database.url,
    OPENAI_BASE_URL: provider.baseUrl,
    SESSION_GRACE_SECONDS: '1',
  }
  const first = opened.use(await startNode(settings))
  const second = opened.use(await startNode(settings))
  const id = await ask(first, 'What is a quay for?', null)
  const reader = opened.use(readSession(first.client, id))
  await reader.until(isOver)
  await first.server.end('SIGKILL')
  await expect
    .poll(() => second.client.api.sessions.get.query({ id }), { timeout: 30_000 })
    .toMatchObject({ status: 'closed', endedAt: expect.any(String), summary: null })
  await expect.poll(() => provider.summariesAsked(), { timeout: 30_000 }).toBe(1)
  await second.server.end('SIGKILL')
  const third = opened.use(await startNode(settings))
  await untilSummarised(third, id)
  expect(provider.summariesAsked()).toBe(2)
  const { events } = await third.client.api.sessions.log.query({ id })
  const told = events.flatMap(({ event }) => (event.type === 'session' ? [event.session] : []))
  const closings = told.filter(
    ({ status }, index) => status === 'closed' && told[index - 1]?.status !== 'closed',
  )
  expect(closings).toMatchObject([{ summary: null }])
})

test('the embedded database’s next process finds what a killed one left: its readers are gone, its summary is written (P14)', async () => {
  await using opened = new AsyncDisposableStack()
  const folder = opened.use(await temporaryFolder())
  const provider = opened.use(await startProvider())
  const settings = {
    DATA_DIR: folder.path,
    OPENAI_BASE_URL: provider.baseUrl,
    SESSION_GRACE_SECONDS: '1',
  }
  const first = opened.use(await startNode(settings))
  const id = await ask(first, 'What is a quay for?', null)
  const reader = opened.use(readSession(first.client, id))
  await reader.until(isOver)
  await first.server.end('SIGKILL')
  const second = opened.use(await startNode(settings))
  await expect.poll(() => provider.summariesAsked(), { timeout: 30_000 }).toBe(1)
  await second.server.end('SIGKILL')
  const third = opened.use(await startNode(settings))
  await untilSummarised(third, id)
})

async function untilSummarised({ client }: Node, id: string): Promise<void> {
  await expect
    .poll(() => client.api.sessions.get.query({ id }), { timeout: 120_000, interval: 500 })
    .toMatchObject({ status: 'closed', title: 'Quays', summary: 'About quays.' })
}
