import { once } from 'node:events'
import { createServer } from 'node:net'

/** A port of loopback on which nothing listens. */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1)
  if (port === undefined) throw new Error('there is no free port')
  return port
}

/** Ports of loopback on which nothing listens, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const probes = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  const ports: number[] = []
  for (const probe of probes) {
    if (!probe.listening) await once(probe, 'listening')
    const address = probe.address()
    if (typeof address === 'object' && address) ports.push(address.port)
  }
  for (const probe of probes) await new Promise((closed) => probe.close(closed))
  return ports
}
