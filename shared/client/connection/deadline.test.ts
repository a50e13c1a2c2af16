import { TRPCClientError } from '@trpc/client'
import { expect, test } from 'vitest'
import { newId } from '../../contract/new-id.ts'
import { CallTimeoutError, connect, isApiError, isConnectionLost, isTimeout } from '../index.ts'
import { eventually, until } from '../testing/reader.ts'
import { ScriptedServer } from '../testing/server.ts'

const TIMEOUT_MS = 300

async function failure(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => 'answered',
    (error: unknown) => error,
  )
}

test('a query and a mutation to a server that is away end, and say so', async () => {
  await using server = await ScriptedServer.start()
  await server.halt()
  await using client = connect({ url: server.url, timeoutMs: TIMEOUT_MS })
  const { sessions, me } = client.api
  for (const call of [
    me.query(),
    sessions.create.mutate({}),
    sessions.create.mutate({ id: newId() }),
  ]) {
    const error = await failure(call)
    expect(error).toBeInstanceOf(TRPCClientError)
    expect(error).toMatchObject({ message: 'The server did not answer within 0.3 s' })
    expect(error).toHaveProperty('cause', expect.any(CallTimeoutError))
    expect([isTimeout(error), isConnectionLost(error), isApiError(error)]).toEqual([
      true,
      false,
      false,
    ])
  }
})

test('a call that a connected server never answers ends', async () => {
  await using server = await ScriptedServer.start()
  server.script.onStop = () => new Promise(() => {})
  await using client = connect({ url: server.url, timeoutMs: TIMEOUT_MS })
  await until(client.connection, ({ status }) => status === 'connected')
  const error = await failure(client.api.runs.stop.mutate({ sessionId: newId() }))
  expect(isTimeout(error)).toBe(true)
})

test('a signal ends a call that waits for a connection', async () => {
  await using server = await ScriptedServer.start()
  await server.halt()
  await using client = connect({ url: server.url })
  const error = await failure(
    client.api.sessions.create.mutate({}, { signal: AbortSignal.timeout(50) }),
  )
  expect(error).toBeInstanceOf(Error)
})

test('a send waits for the server for as long as it takes', async () => {
  await using server = await ScriptedServer.start()
  await server.halt()
  await using client = connect({ url: server.url, timeoutMs: 50 })
  const session = client.session(newId())
  const sent = session.send('Hello')
  expect(isTimeout(await failure(client.api.me.query()))).toBe(true)
  await until(client.connection, ({ status }) => status === 'reconnecting')
  expect(session.store.getSnapshot().pending).toMatchObject([{ text: 'Hello', status: 'sending' }])
  await server.listen()
  await sent
  await eventually(() => server.script.sends.length === 1)
})

test('a time that is none is refused, and none at all is allowed', async () => {
  await using server = await ScriptedServer.start()
  for (const timeoutMs of [0, -1, Number.NaN]) {
    expect(() => connect({ url: server.url, timeoutMs })).toThrow('timeoutMs')
  }
  await using client = connect({ url: server.url, timeoutMs: Number.POSITIVE_INFINITY })
  expect(await client.api.me.query()).toMatchObject({ token: null })
})

test('a refusal is known by its code, which then is in its type', async () => {
  const refused: unknown = new TRPCClientError('There is no such session.', {
    result: { error: { message: '', code: -32004, data: { code: 'NOT_FOUND', httpStatus: 404 } } },
  })
  expect([isApiError(refused), isApiError(refused, 'NOT_FOUND')]).toEqual([true, true])
  expect(isApiError(refused, 'CONFLICT')).toBe(false)
  expect([isApiError(new Error('other')), isApiError(null)]).toEqual([false, false])
  if (isApiError(refused, 'NOT_FOUND')) {
    expect(refused.data.code satisfies 'NOT_FOUND').toBe('NOT_FOUND')
  }
})
