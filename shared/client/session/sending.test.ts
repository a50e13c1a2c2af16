import { TRPCError } from '@trpc/server'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { newId } from '../../contract/new-id.ts'
import { connect } from '../index.ts'
import type { Client, SessionSnapshot } from '../index.ts'
import { caughtUp, eventually, until } from '../testing/reader.ts'
import { ScriptedServer } from '../testing/server.ts'

let server: ScriptedServer
let client: Client

beforeEach(async () => {
  server = await ScriptedServer.start()
  client = connect({ url: server.url })
})

afterEach(async () => {
  await client.close()
  await server[Symbol.asyncDispose]()
})

const connected = (): Promise<unknown> =>
  until(client.connection, ({ status }) => status === 'connected')

test('a message shows at once, and in the same snapshot in which the log has it no longer as pending', async () => {
  const session = client.session(server.session.id)
  const seen: SessionSnapshot[] = []
  const stop = session.store.subscribe(() => seen.push(session.store.getSnapshot()))
  await until(session.store, ({ status }) => status === 'live')
  const id = newId()
  const sent = session.send('Hello', { id })
  expect(session.store.getSnapshot().pending).toEqual([
    { id, text: 'Hello', parentId: null, status: 'sending' },
  ])
  expect(await sent).toEqual({ messageId: id, runId: id })
  await until(session.store, ({ pending }) => pending.length === 0)
  for (const { state, pending } of seen) {
    const shown = [...(state?.messages ?? []), ...pending].filter((message) => message.id === id)
    expect(shown.length).toBeLessThanOrEqual(1)
  }
  expect(session.store.getSnapshot().state?.messages.map((message) => message.id)).toEqual([id])
  stop()
})

test.each(['before', 'after'] as const)(
  'a send whose connection breaks %s it is done goes out exactly once (P5)',
  async (moment) => {
    await connected()
    let drops = 2
    server.script.onSend = async (when) => {
      if (when !== moment || drops === 0) return
      drops -= 1
      server.drop()
      throw new Error('the node died here')
    }
    const session = client.session(server.session.id)
    const id = newId()
    expect(await session.send('Once', { id })).toEqual({ messageId: id, runId: id })
    expect(server.script.sends.length).toBe(3)
    const messages = server.session.views.at(-1)?.event.messages
    expect(messages?.map((message) => message.id)).toEqual([id])
    await until(session.store, (s) => s.status === 'live' && s.pending.length === 0)
  },
)

test('regenerating is repeated when a drop took its answer, and only under an id of its own', async () => {
  await connected()
  const arrived: (string | undefined)[] = []
  server.script.onRegenerate = async ({ newId: id }) => {
    arrived.push(id)
    if (arrived.length === 2) return
    server.drop()
    throw new Error('the node died here')
  }
  const [old, id] = [newId(), newId()]
  const sent = await client.api.messages.regenerate.mutate({ id: old, newId: id })
  expect(sent.messageId).toBe(id)
  await expect(client.api.messages.regenerate.mutate({ id: old })).rejects.toThrow()
  expect(arrived).toEqual([id, id, undefined])
})

test('a send while there is no server waits, and goes out exactly once when there is', async () => {
  await connected()
  await server.halt()
  await until(client.connection, ({ status }) => status === 'reconnecting')
  const session = client.session(server.session.id)
  const sends = [session.send('One'), session.send('Two')]
  expect(session.store.getSnapshot().pending.map(({ status }) => status)).toEqual([
    'sending',
    'sending',
  ])
  await server.listen()
  await Promise.all(sends)
  expect(server.script.sends.map(({ text }) => text)).toEqual(['One', 'Two'])
})

test('messages arrive in the order they were sent, also when the first has to be repeated', async () => {
  await connected()
  let drops = 1
  server.script.onSend = async (when, { text }) => {
    if (when !== 'before' || text !== 'One' || drops === 0) return
    drops -= 1
    server.drop()
    throw new Error('the node died here')
  }
  const session = client.session(server.session.id)
  await Promise.all([session.send('One'), session.send('Two')])
  const texts = server.session.views.at(-1)?.event.messages.map(({ parts }) => parts[0])
  expect(texts).toEqual([
    { type: 'text', text: 'One' },
    { type: 'text', text: 'Two' },
  ])
})

test('a send in the very moment of a drop goes out exactly once', async () => {
  const session = client.session(server.session.id)
  const stop = session.store.subscribe(() => {})
  await connected()
  const { promise: sent, resolve } = Promise.withResolvers<unknown>()
  const unsubscribe = client.connection.subscribe(() => {
    unsubscribe()
    resolve(session.send('Now'))
  })
  server.drop()
  await sent
  await caughtUp(session, server.session)
  expect(session.store.getSnapshot().state?.messages).toHaveLength(1)
  stop()
})

test('a send that the server refuses keeps its text, and may be sent again under its id', async () => {
  const session = client.session(server.session.id)
  const stop = session.store.subscribe(() => {})
  const id = newId()
  await session.send('The first text', { id })
  await until(session.store, ({ pending }) => pending.length === 0)
  const other = newId()
  server.script.onSend = async () => {
    throw new TRPCError({ code: 'CONFLICT', message: 'An answer is under way' })
  }
  await expect(session.send('Too early', { id: other })).rejects.toThrow('An answer is under way')
  expect(session.store.getSnapshot().pending).toEqual([
    {
      id: other,
      text: 'Too early',
      parentId: null,
      status: 'failed',
      error: { code: 'CONFLICT', message: 'An answer is under way' },
    },
  ])
  server.script.onSend = async () => {}
  await session.send('Too early', { id: other })
  await until(session.store, ({ pending }) => pending.length === 0)
  expect(session.store.getSnapshot().state?.messages).toHaveLength(2)
  stop()
})

test('a failed send is taken back with its text', async () => {
  const session = client.session(server.session.id)
  server.script.onSend = () => Promise.reject(new Error('never'))
  const id = newId()
  await expect(session.send('My words', { id })).rejects.toThrow()
  expect(session.dismiss(id)).toBe('My words')
  expect(session.store.getSnapshot().pending).toEqual([])
  expect(session.dismiss(id)).toBeNull()
})

test('a stop whose connection breaks is repeated', async () => {
  await connected()
  server.record((log) => {
    log.say('Go on for long')
    log.start()
  })
  let drops = 1
  server.script.onStop = async () => {
    if (drops === 0) return
    drops -= 1
    server.drop()
    throw new Error('the node died here')
  }
  expect(await client.session(server.session.id).stop()).toEqual({ stopped: true })
  expect(server.session.running).toBe(false)
})

test('what was sent with nobody watching does not stay pending', async () => {
  const session = client.session(server.session.id)
  await session.send('Hello')
  expect(session.store.getSnapshot().pending).toHaveLength(1)
  await eventually(() => session.store.getSnapshot().pending.length === 0)
})

test('ids in capitals are the same ids', async () => {
  const session = client.session(server.session.id.toUpperCase())
  expect(session).toBe(client.session(server.session.id))
  const stop = session.store.subscribe(() => {})
  await until(session.store, ({ status }) => status === 'live')
  const id = newId()
  expect(await session.send('Hello', { id: id.toUpperCase() })).toEqual({
    messageId: id,
    runId: id,
  })
  await until(session.store, ({ pending }) => pending.length === 0)
  stop()
})
