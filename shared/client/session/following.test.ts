import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { newId } from '../../contract/new-id.ts'
import { connect } from '../index.ts'
import type { Client } from '../index.ts'
import { caughtUp, eventually, freshView, until } from '../testing/reader.ts'
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

describe('following a session', () => {
  test('a reader sees what a fresh reader is shown, and goes on live', async () => {
    server.record((session) => session.say('Hello'))
    const session = client.session(server.session.id)
    const stop = session.store.subscribe(() => {})
    expect(await caughtUp(session, server.session)).toEqual(freshView(server.session))
    server.record((log) => {
      log.start()
      log.write('text', 'Good day', false)
      log.end('completed')
    })
    expect(await caughtUp(session, server.session)).toEqual(freshView(server.session))
    stop()
  })

  test('a reader whose connection breaks again and again misses nothing and sees nothing twice (P2)', async () => {
    const session = client.session(server.session.id)
    const stop = session.store.subscribe(() => {})
    await until(session.store, ({ status }) => status === 'live')
    server.record((log) => {
      log.say('Count')
      log.start()
    })
    for (let round = 0; round < 5; round += 1) {
      server.record((log) => log.write('text', `before ${round} `, false))
      if (round % 2 === 0) await caughtUp(session, server.session)
      server.drop()
      server.record((log) => log.write('text', `while away ${round} `, false))
      await caughtUp(session, server.session)
    }
    server.record((log) => log.end('completed'))
    expect(await caughtUp(session, server.session)).toEqual(freshView(server.session))
    expect(server.script.cursors.filter((cursor) => cursor === null)).toHaveLength(1)
    stop()
  })

  test('a reader outlives a restart of the server, resuming by its cursor (P2, P4)', async () => {
    const session = client.session(server.session.id)
    const stop = session.store.subscribe(() => {})
    await until(session.store, ({ status }) => status === 'live')
    await server.halt()
    await until(client.connection, ({ status }) => status === 'reconnecting')
    server.record((log) => log.say('Are you there?'))
    await server.listen()
    expect(await caughtUp(session, server.session)).toEqual(freshView(server.session))
    expect(server.script.cursors).toEqual([null, 0])
    stop()
  })

  test('an event that cannot follow leads to a new snapshot, not to a gap (P3)', async () => {
    server.record((log) => {
      log.say('Tell me')
      log.start()
      log.write('text', 'One ', false)
    })
    const session = client.session(server.session.id)
    const stop = session.store.subscribe(() => {})
    await until(session.store, ({ status }) => status === 'live')
    server.script.falsify = ({ seq, event }) => {
      if (event.type !== 'chunk') return { seq, event }
      server.script.falsify = (right) => right
      return { seq, event: { ...event, offset: event.offset + 5 } }
    }
    server.record((log) => log.write('text', 'two', false))
    expect(await caughtUp(session, server.session)).toEqual(freshView(server.session))
    expect(server.script.cursors).toEqual([null, null])
    stop()
  })

  test('a watch that the server ends is begun again at the cursor (P2)', async () => {
    server.record((log) => log.say('Hello'))
    const session = client.session(server.session.id)
    const stop = session.store.subscribe(() => {})
    await caughtUp(session, server.session)
    server.script.falsify = () => null
    server.record((log) => log.rename('Ended here'))
    await eventually(() => server.script.watching === 0)
    server.script.falsify = (event) => event
    expect(await caughtUp(session, server.session)).toEqual(freshView(server.session))
    expect(new Set(server.script.cursors)).toEqual(new Set([null, 1]))
    stop()
  })

  test('a passing failure of the server is overcome', async () => {
    let failures = 2
    server.script.onWatch = async () => {
      failures -= 1
      if (failures >= 0) throw new Error('not now')
    }
    const session = client.session(server.session.id)
    const { status } = await until(session.store, (snapshot) => snapshot.status !== 'loading')
    expect(status).toBe('live')
  })

  test('a session that is not there fails with the reason, and may be tried again', async () => {
    const session = client.session(newId())
    const stop = session.store.subscribe(() => {})
    const failed = await until(session.store, ({ status }) => status === 'failed')
    expect(failed.error).toEqual({ code: 'NOT_FOUND', message: 'None' })
    session.retry()
    expect(session.store.getSnapshot().status).toBe('loading')
    await until(session.store, ({ status }) => status === 'failed')
    stop()
  })

  test('all listeners share one watch, which ends after the last has left', async () => {
    const { store } = client.session(server.session.id)
    const leave = [store.subscribe(() => {}), store.subscribe(() => {})]
    await until(store, ({ status }) => status === 'live')
    expect(server.script.watching).toBe(1)
    for (const one of leave) one()
    await eventually(() => server.script.watching === 0)
    expect(store.getSnapshot().status).toBe('live')
  })

  test('a reader who comes back sees what it knew at once, and then the rest', async () => {
    const session = client.session(server.session.id)
    server.record((log) => log.say('First'))
    await caughtUp(session, server.session)
    await eventually(() => server.script.watching === 0)
    server.record((log) => log.rename('While away'))
    expect(session.store.getSnapshot().state?.messages).toHaveLength(1)
    expect(await caughtUp(session, server.session)).toEqual(freshView(server.session))
    expect(server.script.cursors).toEqual([null, 1])
  })
})

describe('telling listeners', () => {
  test('text that comes at once is told at once; every listener sees one and the same snapshot', async () => {
    const flushes: (() => void)[] = []
    await using slow = connect({ url: server.url, schedule: (flush) => flushes.push(flush) })
    const { store } = slow.session(server.session.id)
    server.record((log) => {
      log.say('Go')
      log.start()
    })
    let told = 0
    const stop = store.subscribe(() => {
      told += 1
    })
    await until(store, ({ status }) => status === 'live')
    const before = told
    server.record((log) => log.write('text', 'a', false))
    await eventually(() => flushes.length === 1)
    server.record((log) => log.write('text', 'b', false))
    server.record((log) => log.write('text', 'c', false))
    expect(told).toBe(before)
    server.record((log) => log.end('completed'))
    const { state } = await until(store, (snapshot) => snapshot.state?.session.running === false)
    expect(state?.messages[1]?.parts).toEqual([{ type: 'text', text: 'abc' }])
    expect(told).toBe(before + 1)
    for (const flush of flushes) flush()
    expect(told).toBe(before + 1)
    stop()
  })
})
