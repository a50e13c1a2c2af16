import { once } from 'node:events'
import { type Socket, connect, createServer } from 'node:net'

/** The network between a browser and a server, to be cut. */
export type TcpProxy = AsyncDisposable & {
  readonly url: string
  /** Drops every connection, and refuses new ones. */
  cut(): Promise<void>
  /** Takes connections again, at the same address. */
  mend(): Promise<void>
}

/**
 * Passes bytes on, unread, to a port of this machine.
 *
 * @param targetPort where the connections go; a function is asked at each one
 */
export async function startTcpProxy(targetPort: number | (() => number)): Promise<TcpProxy> {
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(typeof targetPort === 'number' ? targetPort : targetPort(), '127.0.0.1')
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket)
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
      // A reset is followed by the close, which is all that matters here.
      socket.on('error', () => undefined)
      socket.pipe(other)
    }
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
  return { url: `http://127.0.0.1:${port}`, cut, mend, [Symbol.asyncDispose]: cut }
}
