import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { DroppableSocket } from './socket.ts'
import { eventually } from '../testing/reader.ts'
import { ScriptedServer } from '../testing/server.ts'

function opened(url: string): Promise<{ socket: DroppableSocket; log: string[] }> {
  const socket = new DroppableSocket(url.replace('http', 'ws'), WebSocket)
  const log: string[] = []
  socket.addEventListener('message', ({ data }) => log.push(`message ${String(data)}`))
  socket.addEventListener('error', ({ message }) => log.push(`error ${message}`))
  socket.addEventListener('close', ({ message }) => log.push(`close ${message}`))
  const { promise, resolve } = Promise.withResolvers<{ socket: DroppableSocket; log: string[] }>()
  socket.addEventListener('open', () => resolve({ socket, log }))
  return promise
}

test('a drop is told at once and once, on a network that is dead too', async () => {
  await using server = await ScriptedServer.start()
  const { socket, log } = await opened(server.url)
  server.freeze()
  socket.drop({ code: null, message: 'enough' })
  expect(log).toEqual(['close enough'])
  expect(socket.readyState).toBe(DroppableSocket.CLOSED)
  server.drop()
  await eventually(() => server.connections === 0)
  expect(log).toEqual(['close enough'])
})

test('a live connection passes the probe, a dead one is dropped by it', async () => {
  await using server = await ScriptedServer.start()
  const { socket, log } = await opened(server.url)
  socket.probe(2_000)
  // A second probe is not needed while one is going on.
  socket.probe(2_000)
  await eventually(() => log.length > 0)
  expect(log).toEqual(['message PONG'])
  server.freeze()
  socket.probe(50)
  await eventually(() => log.length > 1)
  expect(log[1]).toBe('close The server gave no sign of life')
  // A closed socket cannot be probed, and emits nothing more.
  socket.probe(1)
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(log).toHaveLength(2)
})

test('what is sent while it is not open is dropped, where a WebSocket throws', async () => {
  await using server = await ScriptedServer.start()
  const socket = new DroppableSocket(server.url.replace('http', 'ws'), WebSocket)
  expect(() => socket.send('too early')).not.toThrow()
  socket.close()
  expect(() => socket.send('too late')).not.toThrow()
})

test('a server that takes the connection and never answers it can be given up at once', async () => {
  const silent = createServer(() => {})
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const { port } = silent.address() as AddressInfo
  const socket = new DroppableSocket(`ws://127.0.0.1:${port}`, WebSocket)
  const told: string[] = []
  socket.addEventListener('error', () => told.push('error'))
  socket.addEventListener('close', () => told.push('close'))
  const connection = await once(silent, 'connection')
  socket.drop({ code: null, message: 'no time' })
  expect(told).toEqual(['error', 'close'])
  connection[0].destroy()
  silent.close()
})

test('it has all that can be read of a WebSocket, whichever of it a version of tRPC uses', async () => {
  await using server = await ScriptedServer.start()
  const { socket } = await opened(server.url)
  const handlers = ['constructor', 'dispatchEvent', 'onclose', 'onerror', 'onmessage', 'onopen']
  const names = Object.getOwnPropertyNames(WebSocket.prototype).filter(
    (name) => !handlers.includes(name),
  )
  expect(names).toEqual(expect.arrayContaining(['OPEN', 'CLOSED', 'readyState', 'url']))
  for (const name of names) expect(socket).toHaveProperty(name)
  for (const name of ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'] as const) {
    expect([socket[name], DroppableSocket[name]]).toEqual([WebSocket[name], WebSocket[name]])
  }
  socket.close()
})
