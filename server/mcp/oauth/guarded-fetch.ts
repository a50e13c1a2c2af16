import { lookup } from 'node:dns/promises'
import { BlockList, isIP, isIPv4 } from 'node:net'
import { Agent, fetch as fetchBy } from 'undici'
import { isPublicAddress } from '../../tools/fetch/public-address.ts'

/** The longest that an authorization server may take for an answer. */
const TIMEOUT_MS = 15_000
const MAX_BYTES = 1024 * 1024

/** Networks of an organization's own (RFC 1918, RFC 6598, RFC 4193): an MCP server in one may have its sign-in there. */
const own = new BlockList()
own.addSubnet('10.0.0.0', 8, 'ipv4')
own.addSubnet('100.64.0.0', 10, 'ipv4')
own.addSubnet('172.16.0.0', 12, 'ipv4')
own.addSubnet('192.168.0.0', 16, 'ipv4')
own.addSubnet('fc00::', 7, 'ipv6')

type Resolve = (hostname: string) => Promise<{ address: string; family: number }[]>

/**
 * A `fetch` for authorization servers, whose addresses come from the MCP server. Only HTTPS is allowed; plain HTTP only
 * on this machine, for an MCP server that is here too. A server of the public internet can lead only to the public
 * internet. Redirects are not followed, because a token request must not be forwarded to another server.
 *
 * @param serverUrl the MCP server's, which the operator has chosen
 */
export function guardedFetch(serverUrl: string, resolve: Resolve = resolveAll): typeof fetch {
  const isLocal = isLoopback(new URL(serverUrl))
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input)
    const isAllowed =
      url.protocol === 'https:' ? isLocal || !isLoopback(url) : isLocal && isLoopback(url)
    if (!isAllowed || url.username !== '' || url.password !== '') {
      throw new Error(`The address ${url.origin} is not encrypted, or is one of this machine.`)
    }
    const dispatcher = isLocal ? new Agent() : await agentFor(url, serverUrl, resolve)
    try {
      // It knows the type of a form.
      const asked = new Request(url, init)
      const body = asked.body && (await asked.text())
      const response = await fetchBy(url, {
        ...{ method: asked.method, headers: [...asked.headers], body, dispatcher },
        redirect: 'error',
        signal: AbortSignal.any([
          AbortSignal.timeout(TIMEOUT_MS),
          ...(init?.signal ? [init.signal] : []),
        ]),
      })
      const { status, statusText } = response
      const headers = [...response.headers]
      return new Response(await readBounded(response), { status, statusText, headers })
    } finally {
      await dispatcher.destroy()
    }
  }
}

/** Connects to exactly the addresses that were checked, so that a name cannot resolve to others a moment later. */
async function agentFor(url: URL, serverUrl: string, resolve: Resolve): Promise<Agent> {
  const addresses = await addressesOf(url, resolve)
  if (!addresses.every(({ address }) => isPublicAddress(address))) {
    const server = await addressesOf(new URL(serverUrl), resolve)
    const isInside = server.length > 0 && server.every(({ address }) => isOfOwnNetwork(address))
    if (!isInside || !addresses.every(({ address }) => isReachableInside(address))) {
      throw new Error(`The address ${url.origin} is not on the public internet.`)
    }
  }
  return new Agent({
    connect: { lookup: (_hostname, _options, callback) => callback(null, addresses) },
  })
}

async function addressesOf({ hostname }: URL, resolve: Resolve) {
  const literal = hostname.replace(/^\[(.*)\]$/, '$1')
  const family = isIP(literal)
  return family === 0 ? resolve(hostname) : [{ address: literal, family }]
}

function resolveAll(hostname: string) {
  return lookup(hostname, { all: true })
}

function isOfOwnNetwork(address: string): boolean {
  return own.check(address, isIPv4(address) ? 'ipv4' : 'ipv6')
}

/** True for addresses of an organization's own network, but not for this machine or a cloud's metadata service. */
function isReachableInside(address: string): boolean {
  return isPublicAddress(address) || isOfOwnNetwork(address)
}

/** An address that a browser may be sent to for signing in. */
export function isAllowedForSignIn(url: URL, serverUrl: string): boolean {
  return url.protocol === 'https:' || (isLoopback(url) && isLoopback(new URL(serverUrl)))
}

function isLoopback({ protocol, hostname }: URL): boolean {
  return (
    /^https?:$/.test(protocol) &&
    (hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d+){3}$/.test(hostname))
  )
}

async function readBounded({
  body,
  status,
}: {
  body: AsyncIterable<Uint8Array> | null
  status: number
}): Promise<ArrayBuffer | null> {
  if (!body || status === 204 || status === 304) return null
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of body) {
    length += piece.length
    if (length > MAX_BYTES) throw new Error('The authorization server answered with too much.')
    pieces.push(piece)
  }
  return new Uint8Array(Buffer.concat(pieces)).buffer
}
