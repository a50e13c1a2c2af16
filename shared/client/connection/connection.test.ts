import { createServer } from 'node:net'
import { TRPCClientError } from '@trpc/client'
import { describe, expect, test, vi } from 'vitest'
import { WebSocket as NodeSocket } from 'ws'
import { newId } from '../../contract/new-id.ts'
import { listenOnLoopback } from '../../../scripts/testing/loopback.ts'
import { connect } from '../index.ts'
import type { ConnectionState } from '../index.ts'
import { eventually, until } from '../testing/reader.ts'
import { ScriptedServer } from '../testing/server.ts'
import { ConnectionDriver } from './connection.ts'
import type { ConnectionCause } from './connection.ts'
import { OPEN_TIMEOUT_MS } from './socket.ts'
import type { DroppableSocket } from './socket.ts'

describe('a client', () => {
  test('says that it connects, is connected, and connects again', async () => {
    await using server = await ScriptedServer.start()
    await using client = connect({ url: server.url })
    const seen: ConnectionState[] = [client.connection.getSnapshot()]
    client.connection.subscribe(() => seen.push(client.connection.getSnapshot()))
    await until(client.connection, ({ status }) => status === 'connected')
    await server.halt()
    await until(client.connection, (state) => state.status === 'reconnecting' && state.attempt > 1)
    await server.listen()
    await until(client.connection, ({ status }) => status === 'connected')
    expect(seen.map(({ status }) => status)).toEqual(
      expect.arrayContaining(['connecting', 'connected', 'reconnecting', 'connected']),
    )
    await client.close()
    expect(client.connection.getSnapshot()).toEqual({ status: 'offline', reason: 'closed' })
  })

  test('waits for a server that is not up yet', async () => {
    await using server = await ScriptedServer.start()
    await server.halt()
    await using client = connect({ url: server.url })
    const answer = client.api.me.query()
    await until(client.connection, ({ status }) => status === 'reconnecting')
    await server.listen()
    expect(await answer).toMatchObject({ token: null })
  })

  test('asks for its token before each connection, and goes on when that fails', async () => {
    await using server = await ScriptedServer.start()
    let asked = 0
    await using client = connect({
      url: server.url,
      token: async () => {
        asked += 1
        if (asked === 2) throw new Error('the sign-in service is away')
        return `token ${asked}`
      },
    })
    expect(await client.api.me.query()).toMatchObject({ token: 'token 1' })
    server.drop()
    await until(client.connection, (state) => {
      return state.status === 'reconnecting' && state.cause.message.includes('sign-in')
    })
    expect(await client.api.me.query()).toMatchObject({ token: 'token 3' })
  })

  test('says why the server refuses it, without hammering', async () => {
    await using server = await ScriptedServer.start()
    server.refuseToken = 'stolen'
    const begun = performance.now()
    await using client = connect({ url: server.url, token: 'stolen' })
    const state = await until(
      client.connection,
      (one) => one.status === 'reconnecting' && one.attempt >= 4,
    )
    expect(state).toMatchObject({ cause: { message: 'The token is refused' } })
    // At least 200 ms before the second attempt, and 400 ms before the third; less a clock tick each.
    expect(performance.now() - begun).toBeGreaterThan(590)
    expect(server.tokens.length).toBeLessThanOrEqual(4)
  })

  test('tries every 30 s while its person is suspended', async () => {
    vi.useFakeTimers()
    try {
      const driver = new ConnectionDriver('ws://127.0.0.1', undefined)
      await driver.nextUrl()
      const listen = vi.fn<(type: string, listener: (cause: ConnectionCause) => void) => void>()
      driver.attach({
        addEventListener: listen,
        drop: () => undefined,
      } as unknown as DroppableSocket)
      const onOpen = listen.mock.calls.find(([type]) => type === 'open')?.[1]
      const onClose = listen.mock.calls.find(([type]) => type === 'close')?.[1]
      onOpen?.({ code: null, message: '' })
      onClose?.({ code: 4403, message: 'Suspended' })
      const tried = vi.fn<(url: string) => void>()
      void driver.nextUrl().then(tried)
      await vi.advanceTimersByTimeAsync(29_999)
      expect(tried).not.toHaveBeenCalled()
      await vi.advanceTimersByTimeAsync(1)
      expect(tried).toHaveBeenCalledOnce()
      driver.close()
    } finally {
      vi.useRealTimers()
    }
  })

  test('connects again when the server asks for it, and once', async () => {
    await using server = await ScriptedServer.start()
    await using client = connect({ url: server.url })
    await client.api.me.query()
    server.askToReconnect()
    await eventually(() => server.tokens.length === 2)
    expect(await client.api.me.query()).toMatchObject({ token: null })
    expect(server.tokens).toHaveLength(2)
    await eventually(() => server.connections === 1)
  })

  test('closes at once while a request is unanswered, and the request rejects', async () => {
    await using server = await ScriptedServer.start()
    const client = connect({ url: server.url })
    const session = client.session(server.session.id)
    let arrived = false
    server.script.onSend = () => {
      arrived = true
      return new Promise(() => {})
    }
    const sent = session.send('Never answered').catch((error: unknown) => error)
    await eventually(() => arrived)
    await client.close()
    expect(await sent).toBeInstanceOf(TRPCClientError)
    await eventually(() => server.connections === 0)
    await expect(client.api.me.query()).rejects.toThrow('The client is closed')
  })

  test('closes at once at any moment of its first attempt', async () => {
    // It answers nothing, so an attempt that goes on would end only at its timeout.
    const silent = createServer(() => {})
    const { url } = await listenOnLoopback(silent)
    const began = performance.now()
    for (let steps = 0; steps < 12; steps += 1) {
      const client = connect({ url })
      for (let step = 0; step < steps; step += 1) await Promise.resolve()
      await client.close()
    }
    expect(performance.now() - began).toBeLessThan(OPEN_TIMEOUT_MS)
    silent.close()
  })

  test('closes at once while there is no server', async () => {
    const server = await ScriptedServer.start()
    await server.halt()
    const client = connect({ url: server.url })
    const sent = client
      .session(newId())
      .send('Into the void')
      .catch((error: unknown) => error)
    await until(client.connection, ({ status }) => status === 'reconnecting')
    await client.close()
    expect(await sent).toBeInstanceOf(TRPCClientError)
  })

  test('takes the WebSocket that it is given', async () => {
    await using server = await ScriptedServer.start()
    let made = 0
    class Counted extends NodeSocket {
      constructor(url: string) {
        super(url)
        made += 1
      }
    }
    // The class of `ws` differs from the browser's only in its types.
    const Implementation = Counted as unknown as typeof WebSocket
    await using client = connect({ url: server.url, WebSocket: Implementation })
    expect(await client.api.me.query()).toMatchObject({ token: null })
    server.drop()
    expect(await client.api.me.query()).toMatchObject({ token: null })
    expect(made).toBe(2)
  })

  test('refuses an address that is none', () => {
    for (const url of ['nowhere', 'localhost:8001', 'ftp://127.0.0.1']) {
      expect(() => connect({ url })).toThrow(TypeError)
    }
  })
})
