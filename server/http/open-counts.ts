import type { Server as NetServer, Socket } from 'node:net'
import { addressGroup } from '../address-group.ts'
import { plainAddress } from '../trusted-proxies.ts'

/** One open thing, which counts for somebody until it ends. */
export type Counted = {
  /** Counts it for this person in place of its address; false when they have as many as they may. */
  belongsTo(personId: string): boolean
  end(): void
}

/**
 * Counts open sockets and streams of this process: by address before the person is known, because many people may share
 * an address, and then by person. An IPv6 network of 64 bits counts as one address.
 */
export class OpenCounts {
  readonly #counts = new Map<string, number>()
  readonly #perPerson: number

  constructor({ perPerson }: { perPerson: number }) {
    this.#perPerson = perPerson
  }

  ofAddress(address: string): number {
    return this.#counts.get(keyOfAddress(address)) ?? 0
  }

  add(address: string): Counted {
    let key: string | null = keyOfAddress(address)
    this.#change(key, 1)
    return {
      belongsTo: (personId) => {
        const own = `person:${personId}`
        // Ended, or counted already.
        if (key === null || key === own) return true
        if ((this.#counts.get(own) ?? 0) >= this.#perPerson) return false
        this.#change(key, -1)
        key = own
        this.#change(key, 1)
        return true
      },
      end: () => {
        if (key !== null) this.#change(key, -1)
        key = null
      },
    }
  }

  #change(key: string, by: 1 | -1): void {
    const count = (this.#counts.get(key) ?? 0) + by
    if (count > 0) this.#counts.set(key, count)
    else this.#counts.delete(key)
  }
}

function keyOfAddress(address: string): string {
  return `address:${addressGroup(address)}`
}

/**
 * Ends connections that an address opens beyond so many, before anything of them is read: each takes a file descriptor
 * and, for seconds, need say nothing. Those of proxies are everybody's.
 */
export function boundConnections(
  server: NetServer,
  { perAddress, isProxy }: { perAddress: number; isProxy: (address: string) => boolean },
): void {
  const counts = new OpenCounts({ perPerson: 0 })
  server.on('connection', (socket: Socket) => {
    const address = plainAddress(socket.remoteAddress ?? 'unknown')
    if (isProxy(address)) return
    if (counts.ofAddress(address) >= perAddress) {
      socket.destroy()
      return
    }
    const counted = counts.add(address)
    socket.once('close', () => counted.end())
  })
}
