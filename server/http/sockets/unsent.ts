import type { WebSocket } from 'ws'

/** The interval at which unsent bytes are summed up. Milliseconds. */
const INTERVAL = 500
const TRY_AGAIN_LATER = 1013

/**
 * Limits the unsent bytes of all sockets together. Over the limit the sockets with the most unsent bytes are closed
 * with 1013. Their clients lose nothing: they resume from their cursors.
 */
export function boundUnsent(sockets: ReadonlySet<WebSocket>, mostBytes: number): Disposable {
  const look = (): void => {
    let sum = 0
    for (const { bufferedAmount } of sockets) sum += bufferedAmount
    if (sum <= mostBytes) return
    const worst = [...sockets].toSorted((a, b) => b.bufferedAmount - a.bufferedAmount)
    for (const socket of worst) {
      if (sum <= mostBytes) return
      sum -= socket.bufferedAmount
      // The close frame may not arrive behind the unsent bytes; then the connection is ended without it.
      socket.close(TRY_AGAIN_LATER, 'Too much waits for readers that do not read; connect again.')
    }
  }
  const timer = setInterval(look, INTERVAL).unref()
  return { [Symbol.dispose]: () => clearInterval(timer) }
}
