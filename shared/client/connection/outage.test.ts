import { TRPCClientError } from '@trpc/client'
import { TRPCError } from '@trpc/server'
import { observable } from '@trpc/server/observable'
import { expect, test, vi } from 'vitest'
import { connect } from '../index.ts'
import type { ConnectionDriver } from './connection.ts'
import { noticeOutages } from './outage.ts'
import { until } from '../testing/reader.ts'
import { ScriptedServer } from '../testing/server.ts'

function away(): never {
  throw new TRPCError({ code: 'SERVICE_UNAVAILABLE', message: 'The database is away.' })
}

test('while the database is away the connection says so, and when it is back a silent watch goes on (P13)', async () => {
  await using server = await ScriptedServer.start()
  await using client = connect({ url: server.url })
  const { store } = client.session(server.session.id)
  const stop = store.subscribe(() => {})
  await until(store, ({ status }) => status === 'live')
  server.script.onWatch = async () => away()
  server.script.onList = async () => away()
  // The tab becomes visible during the outage.
  server.drop()
  const state = await until(
    client.connection,
    (now) => now.status === 'reconnecting' && now.cause.reason === 'database' && now.attempt > 2,
  )
  expect(state).toMatchObject({ cause: { message: 'The database is away.' } })
  // Calls that need no database succeed meanwhile, and do not end the outage.
  expect(await client.api.me.query()).toMatchObject({ token: null })
  expect(client.connection.getSnapshot().status).toBe('reconnecting')
  expect(store.getSnapshot()).toMatchObject({ status: 'live', error: null })

  server.script.onWatch = async () => {}
  server.script.onList = async () => {}
  await until(client.connection, ({ status }) => status === 'connected')
  server.record((log) => log.say('Hello'))
  await until(store, ({ state: now }) => now?.messages.length === 1)
  stop()
})

test('when the database is back it is asked for no more, and the next outage is noticed like the first', async () => {
  vi.useFakeTimers()
  try {
    let isAway = true
    const outage = vi.fn<(cause: unknown) => void>()
    const driver = { closed: false, subscribe: () => () => undefined, outage }
    const error = TRPCClientError.from({
      error: {
        code: -32_000,
        message: 'Away',
        data: { code: 'SERVICE_UNAVAILABLE', reason: 'database' },
      },
    })
    const ask = vi.fn<() => Promise<void>>(
      () =>
        new Promise((settle) => {
          operation({
            op: { path: 'sessions.list' } as never,
            next: () =>
              observable((observer) => {
                if (isAway) observer.error(error as never)
                else observer.next({ result: { type: 'data', data: {} } })
              }),
          }).subscribe({ next: () => settle(), error: () => settle() })
        }),
    )
    const operation = noticeOutages(driver as unknown as ConnectionDriver, ask)({} as never)
    for (const _ of ['the first outage', 'the next one']) {
      isAway = true
      await ask()
      ask.mockClear()
      await vi.advanceTimersByTimeAsync(200)
      expect(ask).toHaveBeenCalledOnce()
      isAway = false
      await vi.advanceTimersByTimeAsync(400)
      expect(outage).toHaveBeenLastCalledWith(null)
      await vi.advanceTimersByTimeAsync(600_000)
      expect(ask).toHaveBeenCalledTimes(2)
    }
    // Another call may work before the time to ask has come.
    isAway = true
    await ask()
    isAway = false
    await ask()
    ask.mockClear()
    await vi.advanceTimersByTimeAsync(600_000)
    expect(ask).not.toHaveBeenCalled()
  } finally {
    vi.useRealTimers()
  }
})

test('calls that are answered while nothing is away change nothing that is told of the connection', async () => {
  await using server = await ScriptedServer.start()
  await using client = connect({ url: server.url })
  await until(client.connection, ({ status }) => status === 'connected')
  let told = 0
  client.connection.subscribe(() => (told += 1))
  for (let call = 0; call < 3; call += 1) {
    await client.api.sessions.list.query({ limit: 1 })
  }
  expect(told).toBe(0)
})
