import { TRPCError } from '@trpc/server'
import { describe, expect, test, vi } from 'vitest'
import type { Client } from '../index.ts'
import type { SessionStore } from '../session/session-store.ts'
import { OutboxDriver } from './driver.ts'
import { eventually, until } from '../testing/reader.ts'
import { sharedOutboxStorage } from '../testing/outbox-storage.ts'
import { connected, disconnected, startScriptedClients } from '../testing/scripted-clients.ts'

describe('an outbox', () => {
  test('gives what waits to the account that a guest has made, and it goes out', async () => {
    await using scripted = await startScriptedClients()
    const { server, open, sentTexts } = scripted
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
    await using scripted = await startScriptedClients()
    const { server, open } = scripted
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
    await using scripted = await startScriptedClients()
    const { server, open, sentTexts } = scripted
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
    await using scripted = await startScriptedClients()
    const { server, open } = scripted
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

  test('sends nothing of one person as another', async () => {
    await using scripted = await startScriptedClients()
    const { server, open, loggedIds } = scripted
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
})
