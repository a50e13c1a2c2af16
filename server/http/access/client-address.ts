import { isIP } from 'node:net'
import type { IncomingMessage } from 'node:http'
import { plainAddress } from '../../trusted-proxies.ts'
import type { TrustedProxies } from '../../trusted-proxies.ts'

/** The address that a request comes from, as far as it can be known. */
export type ClientAddress = (request: IncomingMessage) => string

/**
 * Each proxy appends the address of its client to `X-Forwarded-For`. Read from the end, the first address that is no
 * trusted proxy is the client's; the client itself may have made up everything before it.
 */
export function createClientAddress(proxies: TrustedProxies): ClientAddress {
  return (request) => {
    let address = plainAddress(request.socket.remoteAddress ?? 'unknown')
    const forwarded = [request.headers['x-forwarded-for'] ?? []].flat().join(',').split(',')
    while (proxies.has(address)) {
      const before = withoutPort(forwarded.pop()?.trim() ?? '')
      if (isIP(before) === 0) break
      address = plainAddress(before)
    }
    return address
  }
}

/** Some proxies write the port too. */
function withoutPort(address: string): string {
  return (
    /^\[([0-9a-f:.]+)\](?::\d+)?$/i.exec(address)?.[1] ?? address.replace(/^([\d.]+):\d+$/, '$1')
  )
}
