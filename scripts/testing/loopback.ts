import type { Server } from 'node:net'

/** Lets a server of a test listen on a free port of loopback. */
export async function listenOnLoopback(server: Server): Promise<{ port: number; url: string }> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (typeof address !== 'object' || !address) throw new Error('the server has no port')
  return { port: address.port, url: `http://127.0.0.1:${address.port}` }
}
