import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { Socket } from 'node:net'

/** A TCP proxy between a browser and a server that can be cut. */
export type TcpProxy = AsyncDisposable & {
  readonly url: string
  /** Drops all connections, and refuses new ones. */
  cut(): Promise<void>
  /** The number of connections that wait because they have sent all that they may. */
  stalled(): number
  /** Accepts connections again, at the same address. */
  mend(): Promise<void>
}

/**
 * Forwards bytes to a port of this machine.
 * @param targetPort the port; a function is called for each connection
 * @param most bytes that a connection may send to the server before it stalls
 */
export async function startTcpProxy(
  targetPort: number | (() => number),
  most: () => number = () => Infinity,
): Promise<TcpProxy> {
  const sockets = new Set<Socket>()
  const stalled = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(typeof targetPort === 'number' ? targetPort : targetPort(), '127.0.0.1')
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket)
      socket.on('close', () => {
        sockets.delete(socket)
        stalled.delete(socket)
        other.destroy()
      })
      // A reset is followed by a close event, which is handled.
      socket.on('error', () => undefined)
      socket.pipe(other)
    }
    let sent = 0
    near.on('data', ({ length }: Buffer) => {
      sent += length
      if (sent < most()) return
      near.unpipe(far)
      near.pause()
      stalled.add(near)
    })
  })
  let port = 0
  const mend = async (): Promise<void> => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    if (typeof address === 'object' && address) port = address.port
  }
  const cut = async (): Promise<void> => {
    if (!server.listening) return
    server.close()
    for (const socket of sockets) socket.destroy()
    await once(server, 'close')
  }
  await mend()
  return {
    url: `http://127.0.0.1:${port}`,
    cut,
    mend,
    stalled: () => stalled.size,
    [Symbol.asyncDispose]: cut,
  }
}
