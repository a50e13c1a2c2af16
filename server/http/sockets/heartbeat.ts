import type { Socket } from 'node:net'
import type { WebSocket } from 'ws'

/**
 * Ends a socket whose other side is gone without closing it. A client is alive if it answered the last ping, sent
 * anything, or took some of what waits for it: over a slow network a pong may come late, since the ping waits in the
 * same queue.
 */
export function watchHeartbeat(webSocket: WebSocket, socket: Socket, pingMs: number): void {
  let isAlive = true
  let waiting = false
  let taken = 0
  const markAlive = (): void => {
    isAlive = true
  }
  webSocket.on('pong', markAlive)
  webSocket.on('message', markAlive)
  // The socket may have been full and have drained between two pings, so looking at the pings alone would miss it.
  const markWaiting = (): void => {
    waiting = true
  }
  socket.on('drain', markWaiting)

  const timer = setInterval(() => {
    const takenNow = socket.bytesWritten - socket.writableLength
    // While nothing waits, the kernel also takes pings for a dead peer, which proves nothing. Its buffer is bounded,
    // and so is the time for which a dead peer seems alive.
    const isWaiting = waiting || socket.writableLength > 0
    const alive = isAlive || (isWaiting && takenNow > taken)
    if (!alive) return webSocket.terminate()
    isAlive = false
    waiting = socket.writableLength > 0
    taken = takenNow
    webSocket.ping()
  }, pingMs)
  webSocket.once('close', () => {
    clearInterval(timer)
    socket.off('drain', markWaiting)
  })
}
