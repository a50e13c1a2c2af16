import { expect, test, vi } from 'vitest'
import { connect } from '../index.ts'
import type { AppSessionState, SessionCache } from '../index.ts'
import { caughtUp, freshView, until } from '../testing/reader.ts'
import { ScriptedServer } from '../testing/server.ts'

function memoryCache(): SessionCache & { states: Map<string, AppSessionState> } {
  const states = new Map<string, AppSessionState>()
  return {
    states,
    read: async (id) => states.get(id) ?? null,
    write: (state) => void states.set(state.session.id, state),
    remove: (id) => void states.delete(id),
  }
}

test('a session is shown from the device without a server, and goes on from its cursor (P2)', async () => {
  await using server = await ScriptedServer.start()
  const cache = memoryCache()
  const { id } = server.session
  server.record((log) => log.say('Hello'))
  {
    await using client = connect({ url: server.url, cache })
    await caughtUp(client.session(id), server.session)
  }
  const seq = cache.states.get(id)?.seq
  await server.halt()
  await using client = connect({ url: server.url, cache })
  const session = client.session(id)
  const stop = session.store.subscribe(() => {})
  const { state } = await until(session.store, ({ status }) => status === 'live')
  expect(state?.messages).toHaveLength(1)
  server.record((log) => log.say('Meanwhile'))
  server.script.cursors.length = 0
  await server.listen()
  expect(await caughtUp(session, server.session)).toMatchObject(freshView(server.session) as object)
  expect(server.script.cursors).toEqual([seq])
  stop()
})

test('what is kept of a session is not shown before the server, where more of it was shown', async () => {
  await using server = await ScriptedServer.start()
  const kept = memoryCache()
  const { id } = server.session
  server.record((log) => log.say('Hello'))
  {
    await using client = connect({ url: server.url, cache: kept })
    await caughtUp(client.session(id), server.session)
  }
  const old = structuredClone(kept.states.get(id))
  server.record((log) => log.say('Meanwhile'))
  const cache = { ...kept, isBehind: () => true, read: async () => old ?? null }
  const first = async () => {
    await using client = connect({ url: server.url, cache })
    const { store } = client.session(id)
    const stop = store.subscribe(() => {})
    const { state } = await until(store, ({ status }) => status === 'live')
    stop()
    return state?.messages.length
  }
  expect(await first()).toBe(2)
  // A state is better than nothing when the server cannot be reached.
  await server.halt()
  expect(await first()).toBe(1)
})

test('a client that is closed while the device is read watches nothing, and shows nothing more', async () => {
  await using server = await ScriptedServer.start()
  const { promise: read, resolve } = Promise.withResolvers<null>()
  const client = connect({ url: server.url, cache: { ...memoryCache(), read: () => read } })
  const { store } = client.session(server.session.id)
  const stop = store.subscribe(() => {})
  await client.close()
  const told = vi.fn<() => void>()
  store.subscribe(told)
  resolve(null)
  await new Promise(setImmediate)
  expect(store.getSnapshot()).toMatchObject({ status: 'loading', error: null })
  expect(told).not.toHaveBeenCalled()
  stop()
})

test('a session that is no more is not kept either', async () => {
  await using server = await ScriptedServer.start()
  const cache = memoryCache()
  await using client = connect({ url: server.url, cache })
  await caughtUp(client.session(server.session.id), server.session)
  const other = crypto.randomUUID()
  const kept = cache.states.get(server.session.id)
  if (kept) cache.states.set(other, kept)
  const { store } = client.session(other)
  const stop = store.subscribe(() => {})
  await until(store, ({ status }) => status === 'failed')
  expect(cache.states.has(other)).toBe(false)
  stop()
})
