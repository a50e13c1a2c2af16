import { TRPCError } from '@trpc/server'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { MessageId, RunId } from '../../contract/ids.ts'
import { newId } from '../../contract/new-id.ts'
import { connect, indexedDbOutboxStorage, OutboxRefusal } from '../index.ts'
import type { Client } from '../index.ts'
import type { SessionStore } from '../session/session-store.ts'
import { OutboxDriver } from './driver.ts'
import { eventually, until } from '../testing/reader.ts'
import { sharedOutboxStorage } from '../testing/outbox-storage.ts'
import { ScriptedServer } from '../testing/server.ts'

let server: ScriptedServer
const clients: Client[] = []

beforeEach(async () => {
  server = await ScriptedServer.start()
})

afterEach(async () => {
  for (const client of clients.splice(0)) await client.close()
  await server[Symbol.asyncDispose]()
})

function open(options: Parameters<typeof connect>[0] = {}): Client {
  const client = connect({ url: server.url, ...options })
  clients.push(client)
  return client
}

const connected = (client: Client): Promise<unknown> =>
  until(client.connection, ({ status }) => status === 'connected')
const disconnected = (client: Client): Promise<unknown> =>
  until(client.connection, ({ status }) => status === 'reconnecting')
const sentTexts = (): string[] => server.script.sends.map(({ text }) => text)
const loggedIds = (): string[] =>
  (server.session.views.at(-1)?.event.messages ?? []).map(({ id }) => id)

describe('an outbox', () => {
  test('gives what a client that ended left to the next one, in its order and once (P18)', async () => {
    const storage = sharedOutboxStorage()
    const first = open({ outbox: { storage: storage.user(), owner: 'local' } })
    await connected(first)
    await server.halt()
    await disconnected(first)
    const { id: sessionId } = server.session
    const [one, two] = [newId(), newId()]
    await first.outbox.send({ sessionId, id: one, text: 'One' }).kept
    await first.outbox.send({ sessionId, id: two, text: 'Two' }).kept
    await first.close()

    await server.listen()
    const next = [open({ outbox: { storage: storage.user() } })]
    next.push(open({ outbox: { storage: storage.user() } }))
    await eventually(() => loggedIds().length === 2 && storage.entries.size === 0)
    expect(loggedIds()).toEqual([one, two])
    expect(sentTexts()).toEqual(['One', 'Two'])
    for (const { outbox } of next) await until(outbox, (entries) => entries.length === 0)
  })

  test('of a tab that died before it knew that a message arrived sends it once (P18)', async () => {
    const storage = sharedOutboxStorage()
    const first = open({ outbox: { storage: storage.user() } })
    await connected(first)
    const arrived = Promise.withResolvers<void>()
    const never = new Promise<void>(() => {})
    server.script.onSend = async (when) => {
      if (when !== 'after') return
      arrived.resolve()
      await never
    }
    const { id } = first.outbox.send({ sessionId: server.session.id, text: 'Once' })
    await arrived.promise
    await first.close()
    server.script.onSend = async () => {}
    open({ outbox: { storage: storage.user() } })
    await eventually(() => storage.entries.size === 0)
    expect(loggedIds()).toEqual([id])
    expect(sentTexts()).toEqual(['Once', 'Once'])
  })

  test('tells every tab when a message arrived, whichever of them sent it', async () => {
    const storage = sharedOutboxStorage()
    const offline = open({
      outbox: { storage: storage.user(), owner: 'local' },
      // This client never connects, like a tab that sleeps.
      token: () => new Promise(() => {}),
    })
    const { sent, id } = offline.outbox.send({ sessionId: server.session.id, text: 'Hello' })
    expect(offline.session(server.session.id).store.getSnapshot().pending).toMatchObject([{ id }])
    open({ outbox: { storage: storage.user() } })
    expect(await sent).toEqual({ messageId: id, runId: id })
    expect(offline.outbox.getSnapshot()).toEqual([])
  })

  test.each(['before', 'after'] as const)(
    'has a tab that was refused a session just before it was made follow it, told of it %s the refusal (P18)',
    async (when) => {
      const storage = sharedOutboxStorage()
      const tab = open({ outbox: { storage: storage.user() } })
      await connected(tab)
      const { id: sessionId } = server.session
      const asked = Promise.withResolvers<void>()
      const told = Promise.withResolvers<void>()
      server.script.onWatch = async () => {
        server.script.onWatch = async () => {}
        asked.resolve()
        if (when === 'before') await told.promise
        throw new TRPCError({ code: 'NOT_FOUND', message: 'None' })
      }
      const { store } = tab.session(sessionId)
      const stop = store.subscribe(() => {})
      await asked.promise
      if (when === 'after') await until(store, ({ status }) => status === 'failed')
      const id = newId()
      const result = { messageId: MessageId.parse(id), runId: RunId.parse(id) }
      storage.user().tell({ sent: { id, sessionId, result } })
      told.resolve()
      await until(store, ({ status }) => status === 'live')
      stop()
    },
  )

  test('says to other tabs that a message was sent before it is gone from where they look', async () => {
    const storage = sharedOutboxStorage()
    const user = storage.user()
    const order: string[] = []
    const client = open({
      outbox: {
        storage: {
          ...user,
          change: (id, change) =>
            user.change(id, (now) => {
              const after = change(now)
              if (after === null) order.push('gone')
              return after
            }),
          tell(news) {
            if (news.sent) order.push('said')
            user.tell(news)
          },
        },
      },
    })
    await client.outbox.send({ sessionId: server.session.id, text: 'Hello' }).sent
    await eventually(() => order.includes('gone'))
    expect(order).toEqual(['said', 'gone'])
  })

  test('gives what waits to the account that a guest has made, and it goes out', async () => {
    const storage = sharedOutboxStorage()
    const guests = open({
      outbox: { storage: storage.user(), owner: 'guest' },
      token: () => new Promise(() => {}),
    })
    await guests.outbox.send({ sessionId: server.session.id, text: 'Said as a guest' }).kept
    const now = open({ outbox: { storage: storage.user() } })
    await connected(now)
    await until(now.login, (state) => state === 'signed-in')
    await now.outbox.handOver('guest', 'local')
    await eventually(() => storage.entries.size === 0)
    expect(sentTexts()).toEqual(['Said as a guest'])
  })

  test('makes what was written before it was known by whom theirs who is known then, though it goes out later', async () => {
    const storage = sharedOutboxStorage()
    server.script.onSend = async () => {
      throw new TRPCError({ code: 'SERVICE_UNAVAILABLE' })
    }
    const client = open({ outbox: { storage: storage.user() } })
    // The second one waits behind the first, and is not tried.
    await client.outbox.send({ sessionId: server.session.id, text: 'Early' }).kept
    await client.outbox.send({ sessionId: server.session.id, text: 'Early as well' }).kept
    await eventually(() => [...storage.entries.values()].every(({ owner }) => owner === 'local'))
  })

  test('neither shows nor sends what was written before it was known by whom, but in the tab where it was written (P18)', async () => {
    const storage = sharedOutboxStorage()
    const unknown = open({
      outbox: { storage: storage.user(), tab: 'one' },
      // This client never connects, as without a network.
      token: () => new Promise(() => {}),
    })
    const { id: sessionId } = server.session
    await unknown.outbox.send({ sessionId, text: 'Of nobody yet' }).kept
    await unknown.close()
    const bobs = open({ token: 'bob', outbox: { storage: storage.user(), tab: 'two' } })
    await bobs.outbox.send({ sessionId, text: 'From Bob' }).sent
    expect(bobs.outbox.getSnapshot()).toEqual([])
    expect(sentTexts()).toEqual(['From Bob'])
    expect([...storage.entries.values()]).toMatchObject([{ text: 'Of nobody yet', owner: null }])
    await bobs.close()
    // The page loads again after signing in.
    open({ token: 'ada', outbox: { storage: storage.user(), tab: 'one' } })
    await eventually(() => storage.entries.size === 0)
    expect(sentTexts()).toEqual(['From Bob', 'Of nobody yet'])
  })

  test('asks each connection whose it is, also where the one before is not done with that yet (P18)', async () => {
    const shared = sharedOutboxStorage()
    const user = shared.user()
    const held = Promise.withResolvers<void>()
    const reached = Promise.withResolvers<void>()
    const api = {
      me: { query: vi.fn<() => Promise<{ id: string }>>() },
      messages: { send: { mutate: vi.fn<() => Promise<unknown>>() } },
    }
    let isHeld = false
    const outbox = new OutboxDriver(
      {
        api: api as unknown as Client['api'],
        storage: {
          ...user,
          async change(id, change) {
            if (isHeld) {
              reached.resolve()
              await held.promise
            }
            return user.change(id, change)
          },
        },
        upload: async () => {},
        onOwner: () => {},
        tab: 'one',
      },
      null,
      (id) => open().session(id).store as SessionStore,
    )
    await outbox.send({ sessionId: server.session.id, text: 'Of nobody yet' }).kept
    isHeld = true
    api.me.query.mockResolvedValueOnce({ id: 'ada' }).mockReturnValue(new Promise(() => {}))
    const first = outbox.online()
    await reached.promise
    outbox.offline()
    void outbox.online()
    isHeld = false
    held.resolve()
    await first
    await outbox.retry('none')
    expect(api.me.query).toHaveBeenCalledTimes(2)
    expect(api.messages.send.mutate).not.toHaveBeenCalled()
    outbox.close()
  })

  test('keeps what the server refuses, with its text and the reason, until somebody decides', async () => {
    const storage = sharedOutboxStorage()
    const client = open({ outbox: { storage: storage.user() } })
    server.script.onSend = async () => {
      throw new TRPCError({ code: 'FORBIDDEN', message: 'Not here' })
    }
    const { id, sent } = client.outbox.send({ sessionId: server.session.id, text: 'My words' })
    await expect(sent).rejects.toThrow(
      new OutboxRefusal({ code: 'FORBIDDEN', message: 'Not here' }),
    )
    const { store } = client.session(server.session.id)
    expect(store.getSnapshot().pending).toMatchObject([
      { id, text: 'My words', status: 'failed', error: { message: 'Not here' } },
    ])
    const later = open({ outbox: { storage: storage.user() } })
    await until(later.outbox, ([entry]) => entry?.state === 'refused')
    server.script.onSend = async () => {}
    await later.outbox.retry(id)
    await eventually(() => storage.entries.size === 0)
    expect(loggedIds()).toEqual([id])
  })

  test('lets a message go that was taken back elsewhere before this client knew that it had arrived (P18)', async () => {
    const storage = sharedOutboxStorage()
    const client = open({ outbox: { storage: storage.user() } })
    server.script.onSend = async () => {
      throw new TRPCError({ code: 'PRECONDITION_FAILED', message: 'It was taken back' })
    }
    const { sent } = client.outbox.send({ sessionId: server.session.id, text: 'Never mind' })
    await expect(sent).rejects.toMatchObject({ code: 'PRECONDITION_FAILED' })
    await eventually(() => storage.entries.size === 0)
    expect(client.outbox.getSnapshot()).toEqual([])
    expect(client.session(server.session.id).store.getSnapshot().pending).toEqual([])
  })

  test('goes on by itself when the server failed for a moment', async () => {
    const client = open()
    let failures = 2
    server.script.onSend = async (when) => {
      if (when === 'after' || failures-- <= 0) return
      throw new Error('a bug')
    }
    const { id, sent } = client.outbox.send({ sessionId: server.session.id, text: 'Hello' })
    expect(await sent).toMatchObject({ messageId: id })
    expect(loggedIds()).toEqual([id])
  })

  test('gives a message back that was never on its way, and withdraws one that may have arrived', async () => {
    const storage = sharedOutboxStorage()
    const client = open({ outbox: { storage: storage.user() } })
    await connected(client)
    const { id: sessionId } = server.session
    const arrived = Promise.withResolvers<void>()
    server.script.onSend = async (when) => {
      if (when !== 'after') return
      arrived.resolve()
      await new Promise<void>(() => {})
    }
    const tried = client.outbox.send({ sessionId, text: 'Tried' })
    await arrived.promise
    await server.halt()
    await disconnected(client)
    const never = client.outbox.send({ sessionId, text: 'Never tried' })
    await never.kept
    expect(await client.outbox.takeBack(never.id)).toMatchObject({ text: 'Never tried' })
    expect(await client.outbox.takeBack(never.id)).toBeNull()
    expect(await client.outbox.takeBack(tried.id)).toMatchObject({ text: 'Tried' })
    expect(client.session(sessionId).store.getSnapshot().pending).toEqual([])
    await server.listen()
    await eventually(() => server.script.unqueued.length === 1)
    // It was being answered already, which ends the matter.
    await eventually(() => storage.entries.size === 0)
    expect(server.script.unqueued).toEqual([tried.id])
    expect(sentTexts()).toEqual(['Tried'])
  })

  test('lasts as long as the page where the browser stores nothing', async () => {
    expect(globalThis.indexedDB).toBeUndefined()
    const client = open({ outbox: { storage: indexedDbOutboxStorage() } })
    await connected(client)
    await server.halt()
    await disconnected(client)
    const { id: sessionId } = server.session
    const first = client.outbox.send({ sessionId, text: 'Taken back' })
    const second = client.outbox.send({ sessionId, text: 'Sent' })
    await Promise.all([first.kept, second.kept])
    expect(await client.outbox.takeBack(first.id)).toMatchObject({ text: 'Taken back' })
    await server.listen()
    await second.sent
    expect(sentTexts()).toEqual(['Sent'])
  })

  test('sends nothing of one person as another', async () => {
    const storage = sharedOutboxStorage()
    const ann = open({ token: 'ann', outbox: { storage: storage.user() } })
    await connected(ann)
    await ann.outbox.send({ sessionId: server.session.id, text: 'First' }).sent
    const [first] = loggedIds()
    await server.halt()
    await disconnected(ann)
    const { id, kept } = ann.outbox.send({ sessionId: server.session.id, text: 'From Ann' })
    await kept
    await ann.close()
    await server.listen()
    const bob = open({ token: 'bob', outbox: { storage: storage.user() } })
    const own = bob.outbox.send({ sessionId: server.session.id, text: 'From Bob' })
    await own.sent
    expect(bob.outbox.getSnapshot()).toEqual([])
    expect(loggedIds()).toEqual([first, own.id])
    open({ token: 'ann', outbox: { storage: storage.user() } })
    await eventually(() => storage.entries.size === 0)
    expect(loggedIds()).toEqual([first, own.id, id])
  })

  test('makes the session of a first message, stores its files, and only then sends it', async () => {
    const uploads: string[] = []
    const storage = sharedOutboxStorage()
    const upload = async ({ name }: { name: string }): Promise<void> => {
      uploads.push(name)
    }
    const client = open({ outbox: { storage: storage.user(), upload } })
    const { id: sessionId } = server.session
    const leave = client.session(sessionId).store.subscribe(() => {})
    const body = new Blob(['bytes'])
    const { sent } = client.outbox.send({
      ...{ sessionId, text: 'With a file', session: { model: 'm' } },
      files: [
        { id: newId(), name: 'new.txt', mimeType: 'text/plain', body, isStored: false },
        { id: newId(), name: 'stored.txt', mimeType: 'text/plain', body: null, isStored: true },
      ],
    })
    // A session that does not exist yet is not watched.
    expect(client.session(sessionId).store.getSnapshot()).toMatchObject({
      status: 'loading',
      pending: [{ files: [{ name: 'new.txt' }, { name: 'stored.txt' }] }],
    })
    await sent
    expect(uploads).toEqual(['new.txt'])
    expect(server.script.created).toEqual([{ id: sessionId, model: 'm', unlessDeleted: true }])
    await until(
      client.session(sessionId).store,
      (s) => s.status === 'live' && s.pending.length === 0,
    )
    leave()
  })
})
