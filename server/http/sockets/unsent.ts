import type { WebSocket } from 'ws'

/** Between two looks at what is unsent. Milliseconds. */
const INTERVAL = 500
const TRY_AGAIN_LATER = 1013

/**
 * Keeps what waits in this process for readers that do not read within a bound. Each of them holds little; many of them
 * at once are told to come again, those with the most first. They lose nothing by it: they resume from their cursor.
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
      // Behind what is unsent it may not arrive; then the connection is ended without a goodbye.
      socket.close(TRY_AGAIN_LATER, 'Too much waits for readers that do not read; connect again.')
    }
  }
  const timer = setInterval(look, INTERVAL).unref()
  return { [Symbol.dispose]: () => clearInterval(timer) }
}
