import { TRPCError } from '@trpc/server'
import { expect, test } from 'vitest'
import { isApiError, connect } from '../index.ts'
import { caughtUp, freshView, until } from '../testing/reader.ts'
import { ScriptedServer } from '../testing/server.ts'

function signedOut(): never {
  throw new TRPCError({ code: 'UNAUTHORIZED', message: 'Sign in first.' })
}

test('a login that ends in the middle of an answer holds the watch and what is sent, until somebody signs in (P2, P18)', async () => {
  await using server = await ScriptedServer.start()
  await using client = connect({ url: server.url, waitForSignIn: true, timeoutMs: 5_000 })
  const session = client.session(server.session.id)
  const stop = session.store.subscribe(() => {})
  server.record((log) => {
    log.say('Count')
    log.start()
    log.write('text', 'one ', false)
  })
  await caughtUp(session, server.session)
  expect(client.login.getSnapshot()).toBe('signed-in')
  const connections = server.tokens.length

  server.script.onWatch = async () => signedOut()
  server.script.onSend = async () => signedOut()
  server.script.onList = async () => signedOut()
  server.drop()
  await until(client.login, (state) => state === 'signed-out')
  const sent = session.send('and two')
  const listed = client.api.sessions.list.query({ limit: 1 })
  await until(session.store, ({ pending }) => pending.length === 1)
  server.record((log) => log.write('text', 'two ', false))
  expect(session.store.getSnapshot()).toMatchObject({ status: 'live', error: null })

  server.script.onWatch = async () => {}
  server.script.onSend = async () => {}
  server.script.onList = async () => {}
  client.login.renew()
  server.record((log) => log.end('completed'))
  await Promise.all([sent, listed])
  expect(await caughtUp(session, server.session)).toEqual(freshView(server.session))
  // The watch began with a snapshot once, and then resumed from its last event.
  expect(server.script.cursors.filter((cursor) => cursor === null)).toHaveLength(1)
  // One connection reported that the login had ended, and one came with the new login.
  expect(server.tokens.length - connections).toBe(2)
  expect(client.login.getSnapshot()).toBe('signed-in')
  stop()
})

test('a program without people is told at once that its login has ended', async () => {
  await using server = await ScriptedServer.start()
  await using client = connect({ url: server.url })
  server.script.onList = async () => signedOut()
  const error = await client.api.sessions.list.query({ limit: 1 }).catch((cause: unknown) => cause)
  expect(isApiError(error, 'UNAUTHORIZED')).toBe(true)
  expect(client.login.getSnapshot()).toBe('signed-out')
})

test('a call that was aborted is not made when somebody signs in', async () => {
  await using server = await ScriptedServer.start()
  await using client = connect({ url: server.url, waitForSignIn: true })
  let asked = 0
  server.script.onList = async () => {
    asked += 1
    signedOut()
  }
  const abort = new AbortController()
  const listed = client.api.sessions.list
    .query({ limit: 1 }, { signal: abort.signal })
    .catch((cause: unknown) => cause)
  await until(client.login, (state) => state === 'signed-out')
  abort.abort()
  expect(await listed).toBeInstanceOf(Error)
  client.login.renew()
  await client.api.me.query()
  expect(asked).toBe(1)
})
