import { describe, expect, test } from 'vitest'
import { connect } from '../../shared/client/index.ts'
import type { Session } from '../../shared/client/index.ts'
import { startServer, temporaryFolder } from '../../scripts/testing/server-process.ts'
import { createTestDatabase } from '../../scripts/testing/postgres/test-database.ts'
import { logOf } from '../support/processes/reader.ts'

const storages = {
  'a folder': async () => {
    const folder = await temporaryFolder()
    return {
      env: { DATA_DIR: folder.path },
      [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
    }
  },
  Postgres: async () => {
    const database = await createTestDatabase()
    return {
      env: { DATABASE_URL: database.url, RUN_LEASE_SECONDS: '2' },
      [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
    }
  },
}

describe.each(Object.entries(storages))('a server on %s', (_name, openStorage) => {
  test('that is killed in the middle of an answer loses nothing that was shown and ends it when it is back (P2, P4, P5, P6)', async () => {
    await using storage = await openStorage()
    await using killed = await startServer(storage.env)
    await using client = connect({ url: killed.url })
    const { id } = await client.api.sessions.create.mutate({})
    const session = client.session(id)
    const leave = session.store.subscribe(() => undefined)
    await session.send('What are the system metrics? Answer with a table.')
    const shown = await until(session, ({ text }) => text.length > 60)
    await killed.end('SIGKILL')
    expect(shown.tools).toEqual(['completed'])

    await using restarted = await startServer({ ...storage.env, SERVER_PORT: String(killed.port) })
    const answer = await until(session, ({ status }) => status !== 'running')
    expect(answer.status).toBe('completed')
    expect(answer.tools).toEqual(['completed'])
    expect(answer.text.startsWith(shown.text)).toBe(true)

    const fresh = connect({ url: restarted.url })
    const again = fresh.session(id)
    const leaveToo = again.store.subscribe(() => undefined)
    await until(again, ({ status }) => status === 'completed')
    expect(again.store.getSnapshot().state?.messages).toEqual(
      session.store.getSnapshot().state?.messages,
    )
    // All pages of it: until the answer is compacted its chunks fill more than one.
    const events = await logOf(fresh, id)
    const starts = events.flatMap(({ event }) => (event.type === 'start' ? [event] : []))
    expect(starts).toMatchObject([
      { attempt: 1, keepParts: 0 },
      { attempt: 2, keepParts: 1 },
    ])
    expect(events.filter(({ event }) => event.type === 'end')).toHaveLength(1)
    leave()
    leaveToo()
    await fresh.close()
  })

  test('that is told to end gives its runs up, and the next start goes on with them at once', async () => {
    await using storage = await openStorage()
    await using first = await startServer(storage.env)
    await using client = connect({ url: first.url })
    const { id } = await client.api.sessions.create.mutate({})
    const session = client.session(id)
    const leave = session.store.subscribe(() => undefined)
    await session.send('Write 150 words about rivers')
    const shown = await until(session, ({ text }) => text.length > 40)
    expect(await first.end('SIGTERM')).toBe(0)

    await using _second = await startServer({ ...storage.env, SERVER_PORT: String(first.port) })
    const answer = await until(session, ({ status }) => status !== 'running')
    expect(answer.status).toBe('completed')
    expect(answer.text.startsWith(shown.text)).toBe(true)
    leave()
  })
})

/** Resolves with the state in the SDK's store once it fulfils the condition. */
async function until(session: Session, condition: (answer: Answer) => boolean): Promise<Answer> {
  const { promise, resolve } = Promise.withResolvers<Answer>()
  const look = () => {
    const answer = answerOf(session)
    if (answer && condition(answer)) {
      resolve(answer)
    }
  }
  const leave = session.store.subscribe(look)
  look()
  try {
    return await promise
  } finally {
    leave()
  }
}

type Answer = { text: string; status: string; tools: string[] }

function answerOf(session: Session): Answer | null {
  const message = session.store
    .getSnapshot()
    .state?.messages.findLast(({ role }) => role === 'assistant')
  return message
    ? {
        text: message.parts.map((part) => (part.type === 'text' ? part.text : '')).join(''),
        status: message.status,
        tools: message.parts.flatMap((part) => (part.type === 'tool' ? [part.call.status] : [])),
      }
    : null
}
