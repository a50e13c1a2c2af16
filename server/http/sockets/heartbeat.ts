import type { Socket } from 'node:net'
import type { WebSocket } from 'ws'

/**
 * Ends a socket whose other side is gone without saying so. Alive is who answered the last ping, said anything, or
 * took some of what waits for it: behind a slow line a pong may come late, since the ping stands in the queue too.
 */
export function watchPulse(webSocket: WebSocket, socket: Socket, pingMs: number): void {
  let heard = true
  let waiting = false
  let taken = 0
  const hear = (): void => {
    heard = true
  }
  webSocket.on('pong', hear)
  webSocket.on('message', hear)

  const timer = setInterval(() => {
    const takenNow = socket.bytesWritten - socket.writableLength
    // With nothing waiting, the kernel takes a ping for a dead peer as well: that shows no life.
    const alive = heard || (waiting && takenNow > taken)
    if (!alive) return webSocket.terminate()
    heard = false
    waiting = socket.writableLength > 0
    taken = takenNow
    webSocket.ping()
  }, pingMs)
  webSocket.once('close', () => clearInterval(timer))
}
