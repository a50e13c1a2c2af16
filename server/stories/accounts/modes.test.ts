import { once } from 'node:events'
import { mkdtempDisposable } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import type { EmbeddedUser } from '../../auth/embedder.ts'
import { ModeError } from '../../config/config.ts'
import { startTestApp } from '../../testing/app.ts'
import { connections } from '../../testing/clients/open-connection.ts'
import { startAccounts } from '../../testing/clients/people.ts'
import { listenOnLoopback } from '../../../scripts/testing/loopback.ts'

test('accounts are not switched off over a database that has some', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'modes-'))
  const storage = { env: { DATA_DIR: folder.path }, [Symbol.asyncDispose]: async () => undefined }
  {
    await using app = await startAccounts(storage)
    await app.setUp()
    expect(await app.setupLink()).toBe(null)
  }
  await expect(startTestApp({ env: storage.env })).rejects.toThrow(ModeError)
})

test('the setup link is the same after a restart, until it is used', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'modes-'))
  const storage = { env: { DATA_DIR: folder.path }, [Symbol.asyncDispose]: async () => undefined }
  const tokens: (string | null)[] = []
  for (let start = 0; start < 2; start += 1) {
    await using app = await startAccounts(storage)
    tokens.push(new URL((await app.setupLink()) ?? '').searchParams.get('token'))
    if (start === 1) await app.setUp()
  }
  expect(tokens[1]).toBe(tokens[0])
})

const Me = z.object({ name: z.string(), role: z.string() })

test('an application that throws or never answers about one login still ends the others (P10)', async () => {
  const said = new Map<string, () => Promise<EmbeddedUser | null>>()
  const isThere = (name: string) => async () => ({ userId: name, name, role: 'member' as const })
  for (const name of ['throws', 'hangs', 'leaves']) said.set(`Bearer ${name}`, isThere(name))
  const authenticate = async ({ headers }: IncomingMessage) =>
    (await said.get(headers.authorization ?? '')?.()) ?? null
  await using app = await startTestApp({ authenticate })
  const url = await app.listen()
  const opened = ['throws', 'hangs', 'leaves'].map(async (name) => {
    const headers = { authorization: `Bearer ${name}` }
    const made = await fetch(`${url}/api/session`, { method: 'POST', headers })
    const { id } = z.object({ id: z.string() }).parse(await made.json())
    return connections['server-sent events']?.(url, name, id)
  })
  const [throws, hangs, leaves] = await Promise.all(opened)
  said.set('Bearer throws', async () => {
    throw new Error('the token has expired')
  })
  said.set('Bearer hangs', () => new Promise(() => undefined))
  said.set('Bearer leaves', async () => null)
  await expect.poll(() => leaves?.ended, { timeout: 30_000 }).toBe('cut')
  expect([throws?.ended, hangs?.ended]).toEqual([null, null])
  throws?.close()
  hangs?.close()
})

test('an embedding application says who people are, and that they are not any more', async () => {
  const people = new Map([
    ['Bearer one', { userId: 'employee 1', name: 'Ada', role: 'admin' as const }],
    ['Bearer two', { userId: 'employee 2', name: 'Bob', role: 'member' as const }],
  ])
  const authenticate = ({ headers }: IncomingMessage) =>
    people.get(headers.authorization ?? '') ?? null
  await using app = await startTestApp({ authenticate })
  const url = await app.listen()
  const ask = (path: string, token: string, method = 'GET') =>
    fetch(url + path, { method, headers: { authorization: `Bearer ${token}` } })
  expect(Me.parse(await (await ask('/api/me', 'one')).json())).toEqual({
    name: 'Ada',
    role: 'admin',
  })
  const made = z
    .object({ id: z.string() })
    .parse(await (await ask('/api/session', 'two', 'POST')).json())
  expect((await ask(`/api/session/${made.id}`, 'one')).status).toBe(404)
  expect((await ask('/api/me', 'three')).status).toBe(401)
  const open = await connections['server-sent events']?.(url, 'two', made.id)
  people.delete('Bearer two')
  await expect.poll(() => open?.ended, { timeout: 5_000 }).toBe('cut')
})

test('who is drained before the first request says so to it, and ends without having been asked anything', async () => {
  await using app = await startTestApp({})
  app.drain()
  await using server = createServer(app.handler)
  const { url } = await listenOnLoopback(server)
  const ready = await fetch(`${url}/readyz`, {
    signal: AbortSignal.timeout(30_000),
  })
  expect(ready.status).toBe(503)
  await (await startTestApp({})).close()
})

test('an application serves it from a server of its own, pages and sockets too', async () => {
  await using app = await startTestApp({})
  await using server = createServer((request, response) => {
    if (request.url !== '/mine') return app.handler(request, response)
    response.end('the application’s own')
    return undefined
  })
  server.on('upgrade', app.upgrade)
  const { port, url } = await listenOnLoopback(server)
  const signal = AbortSignal.timeout(30_000)
  expect(await (await fetch(`${url}/mine`, { signal })).text()).toBe('the application’s own')
  expect(Me.parse(await (await fetch(`${url}/api/me`, { signal })).json()).role).toBe('admin')
  expect(await (await fetch(`${url}/health`, { signal })).json()).toMatchObject({ status: 'ok' })
  const { id } = await app.caller.sessions.create({})
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws/session/${id}`)
  const [event] = (await once(socket, 'message', { signal })) as [MessageEvent<string>]
  expect(JSON.parse(event.data)).toMatchObject({ type: 'system', session_id: id })
  const closed = once(socket, 'close', { signal })
  await app.close()
  await closed
})
