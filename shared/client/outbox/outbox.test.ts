import { TRPCError } from '@trpc/server'
import { describe, expect, test } from 'vitest'
import { MessageId, RunId } from '../../contract/ids.ts'
import { newId } from '../../contract/new-id.ts'
import { indexedDbOutboxStorage, OutboxRefusal } from '../index.ts'
import { eventually, until } from '../testing/reader.ts'
import { sharedOutboxStorage } from '../testing/outbox-storage.ts'
import { connected, disconnected, startScriptedClients } from '../testing/scripted-clients.ts'

describe('an outbox', () => {
  test('gives what a client that ended left to the next one, in its order and once (P18)', async () => {
    await using scripted = await startScriptedClients()
    const { server, open, sentTexts, loggedIds } = scripted
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
    await using scripted = await startScriptedClients()
    const { server, open, sentTexts, loggedIds } = scripted
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
    await using scripted = await startScriptedClients()
    const { server, open } = scripted
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
      await using scripted = await startScriptedClients()
      const { server, open } = scripted
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
    await using scripted = await startScriptedClients()
    const { server, open } = scripted
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

  test('keeps what the server refuses, with its text and the reason, until somebody decides', async () => {
    await using scripted = await startScriptedClients()
    const { server, open, loggedIds } = scripted
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
    await using scripted = await startScriptedClients()
    const { server, open } = scripted
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
    await using scripted = await startScriptedClients()
    const { server, open, loggedIds } = scripted
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
    await using scripted = await startScriptedClients()
    const { server, open, sentTexts } = scripted
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
    await using scripted = await startScriptedClients()
    const { server, open, sentTexts } = scripted
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

  test('makes the session of a first message, stores its files, and only then sends it', async () => {
    await using scripted = await startScriptedClients()
    const { server, open } = scripted
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
