/** The longest that an authorization server may take for an answer. */
const TIMEOUT_MS = 15_000
const MAX_BYTES = 1024 * 1024

/**
 * A `fetch` for authorization servers, whose addresses the MCP server tells: encrypted ones alone, and what is not
 * encrypted only on this machine, for an MCP server that is here too. Redirects are not followed: a token request must
 * not be sent on to somebody else.
 *
 * @param serverUrl the MCP server's, which the operator has chosen
 */
export function guardedFetch(serverUrl: string): typeof fetch {
  const isLocal = isLoopback(new URL(serverUrl))
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input)
    const isAllowed =
      url.protocol === 'https:' ? isLocal || !isLoopback(url) : isLocal && isLoopback(url)
    if (!isAllowed || url.username !== '' || url.password !== '') {
      throw new Error(`The address ${url.origin} is not encrypted, or is one of this machine.`)
    }
    const response = await fetch(url, {
      ...init,
      redirect: 'error',
      signal: AbortSignal.any([
        AbortSignal.timeout(TIMEOUT_MS),
        ...(init?.signal ? [init.signal] : []),
      ]),
    })
    return new Response(await readBounded(response), {
      ...{ status: response.status, statusText: response.statusText, headers: response.headers },
    })
  }
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

async function readBounded(response: Response): Promise<ArrayBuffer | null> {
  if (!response.body || response.status === 204 || response.status === 304) return null
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of response.body) {
    length += piece.length
    if (length > MAX_BYTES) throw new Error('The authorization server answered with too much.')
    pieces.push(piece)
  }
  return new Uint8Array(Buffer.concat(pieces)).buffer
}
