import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { DEFAULT_LIMITS } from '../limits.ts'
import { textOf, until } from '../testing/server.ts'
import { takeTurns } from './backpressure.ts'
import { MAX_FRAME_BYTES } from './fragmenting-socket.ts'
import type { OpenSocket } from './sockets.ts'
import { createSockets } from './sockets.ts'

/** Three megabytes in UTF-8. */
const LONG = `${'é'.repeat(1_500_000)} end`

test('a text above a frame goes out in several, and arrives as one (P12)', async () => {
  await using server = await listen()
  const client = new WebSocket(`ws://127.0.0.1:${server.port}`)
  const received: string[] = []
  client.on('message', (data) => received.push(textOf(data)))
  const { webSocket } = await server.accepted
  let isSent = false
  webSocket.send(LONG, () => {
    isSent = true
  })
  webSocket.send('short')
  await until(() => received.length === 2)
  // Compared as a whole, which a difference of megabytes would not be shown for.
  expect(received[0] === LONG).toBe(true)
  expect(received[1]).toBe('short')
  expect(isSent).toBe(true)
})

test('no frame of it is longer than the bound', async () => {
  await using server = await listen()
  const client = await upgradeRaw(server.port)
  const chunks: Buffer[] = []
  client.on('data', (chunk: Buffer) => chunks.push(chunk))
  const { webSocket } = await server.accepted
  webSocket.send(LONG)
  webSocket.send('end')
  await until(() => frameLengths(Buffer.concat(chunks)).at(-1) === 3)
  expect(frameLengths(Buffer.concat(chunks))).toEqual([
    MAX_FRAME_BYTES,
    MAX_FRAME_BYTES,
    Buffer.byteLength(LONG) - 2 * MAX_FRAME_BYTES,
    3,
  ])
  client.destroy()
})

test('long answers are made one at a time while nobody reads them, and all of them arrive (P12)', async () => {
  await using server = await listen()
  const client = new WebSocket(`ws://127.0.0.1:${server.port}`)
  await once(client, 'open')
  client.pause()
  const { webSocket, drained } = await server.accepted
  const inTurn = takeTurns(drained)
  const long = 'x'.repeat(8 * 1024 * 1024)
  let made = 0
  let sent = 0
  const answers = Array.from({ length: 10 }, async (_, index) => {
    const work = inTurn(async () => {
      made += 1
      if (index === 1) throw new Error('this one failed')
      return long
    })
    webSocket.send(await work.catch(() => 'failed'))
    sent += 1
  })
  await until(() => webSocket.bufferedAmount > 0)
  for (let turn = 0; turn < 100; turn += 1) await new Promise(setImmediate)
  expect(made).toBeLessThanOrEqual(3)

  let received = 0
  client.on('message', () => (received += 1))
  client.resume()
  await Promise.all(answers)
  await until(() => received === 10)
  expect([made, sent]).toEqual([10, 10])
})

test('a client is read again when every pause has ended, not with the first (P12)', async () => {
  await using server = await listen()
  const client = new WebSocket(`ws://127.0.0.1:${server.port}`)
  await once(client, 'open')
  client.pause()
  const { webSocket, drained, pauseReading } = await server.accepted
  for (let count = 0; count < 8; count += 1) webSocket.send(LONG)
  client.send('The socket is full when this is read.')
  await until(() => webSocket.isPaused)
  const first = pauseReading()
  const second = pauseReading()
  first[Symbol.dispose]()
  client.resume()
  await drained()
  expect(webSocket.isPaused).toBe(true)
  second[Symbol.dispose]()
  await until(() => !webSocket.isPaused)
})

async function listen() {
  const sockets = createSockets(
    DEFAULT_LIMITS,
    () => 'test',
    () => undefined,
  )
  const server = createServer()
  const accepted = new Promise<OpenSocket>((resolve) => {
    server.on('upgrade', (request, socket, head) =>
      sockets.accept(request, socket as Socket, head, resolve),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    accepted,
    async [Symbol.asyncDispose]() {
      await sockets.closeAll(100)
      server.close()
    },
  }
}

/** A socket after its upgrade, on which the frames are seen as they are. */
async function upgradeRaw(port: number): Promise<Socket> {
  const client = connect(port, '127.0.0.1')
  client.write(
    'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
  )
  await once(client, 'data')
  return client
}

/** Lengths of the payloads of all whole frames of a server (RFC 6455, section 5.2). */
function frameLengths(bytes: Buffer): number[] {
  const lengths: number[] = []
  let at = 0
  while (at + 2 <= bytes.length) {
    const short = bytes.readUInt8(at + 1)
    const header = short === 127 ? 10 : short === 126 ? 4 : 2
    if (at + header > bytes.length) break
    const length =
      short === 127
        ? Number(bytes.readBigUInt64BE(at + 2))
        : short === 126
          ? bytes.readUInt16BE(at + 2)
          : short
    if (at + header + length > bytes.length) break
    lengths.push(length)
    at += header + length
  }
  return lengths
}
