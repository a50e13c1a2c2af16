import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { WebSocket } from 'ws'
import { watchHeartbeat } from './heartbeat.ts'

const PING_MS = 1_000

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A client that never answers a ping. */
function silentClient() {
  const socket = Object.assign(new EventEmitter(), { bytesWritten: 0, writableLength: 0 })
  const webSocket = Object.assign(new EventEmitter(), {
    ping: vi.fn<() => void>(),
    terminate: vi.fn<() => void>(),
  })
  watchHeartbeat(webSocket as unknown as WebSocket, socket as unknown as Socket, PING_MS)
  const pings = (count: number) => vi.advanceTimersByTime(count * PING_MS)
  return { socket, webSocket, pings }
}

test('who took what waited is alive, also if nothing waits at either ping', () => {
  const { socket, webSocket, pings } = silentClient()
  for (let period = 0; period < 5; period += 1) {
    pings(1)
    socket.bytesWritten += 1_000_000
    socket.emit('drain')
  }
  expect(webSocket.terminate).not.toHaveBeenCalled()
  pings(2)
  expect(webSocket.terminate).toHaveBeenCalledOnce()
})

test('what the kernel takes at once shows no life, and what stays waiting does not either', () => {
  const quick = silentClient()
  quick.pings(1)
  quick.socket.bytesWritten += 100
  quick.pings(1)
  expect(quick.webSocket.terminate).toHaveBeenCalledOnce()

  const full = silentClient()
  full.pings(1)
  full.socket.bytesWritten += 1_000_000
  full.socket.writableLength = 500_000
  full.pings(1)
  expect(full.webSocket.terminate).not.toHaveBeenCalled()
  full.pings(1)
  expect(full.webSocket.terminate).toHaveBeenCalledOnce()
})
