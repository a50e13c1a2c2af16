import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { Agent, fetch } from 'undici'
import type { Response } from 'undici'
import { isPublicAddress } from './public-address.ts'

export type Resolved = { address: string; family: number }

export type SafeFetchOptions = {
  /** Resolves all addresses of a host name. */
  resolve?: (hostname: string) => Promise<Resolved[]>
  isAllowed?: (address: string) => boolean
}

const MAX_REDIRECTS = 5

/** The response and its final address. `close` must be called after reading the body. */
export type Fetched = { response: Response; url: string; close(): Promise<void> }

/**
 * Fetches from the public internet only. For each redirect too, the connection goes to exactly the address that was
 * resolved and checked, so a name that later resolves to another address (DNS rebinding) gains nothing.
 * @throws errors with a message for the model when the address may not be fetched
 */
export async function safeFetch(
  url: string,
  signal: AbortSignal,
  { resolve = resolveAll, isAllowed = isPublicAddress }: SafeFetchOptions = {},
): Promise<Fetched> {
  let current = url
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
    const target = check(current)
    const addresses = await addressesOf(target.hostname, resolve)
    if (addresses.length === 0 || !addresses.every(({ address }) => isAllowed(address))) {
      throw new Error('This address is not on the public internet; it is not fetched.')
    }
    const agent = new Agent({
      connect: { lookup: (_hostname, _options, callback) => callback(null, addresses) },
    })
    try {
      const response = await fetch(target, {
        dispatcher: agent,
        redirect: 'manual',
        signal,
        headers: { accept: 'text/html, text/plain, application/json;q=0.9, */*;q=0.1' },
      })
      const location = isRedirect(response.status) ? response.headers.get('location') : null
      if (location === null) {
        return { response, url: target.href, close: () => agent.destroy() }
      }
      current = URL.parse(location, target)?.href ?? ''
    } catch (error) {
      await agent.destroy()
      throw explain(error)
    }
    await agent.destroy()
  }
  throw new Error(`The address redirects more than ${MAX_REDIRECTS} times.`)
}

function check(url: string): URL {
  const target = URL.parse(url)
  if (!target || !/^https?:$/.test(target.protocol)) {
    throw new Error('Only http and https addresses can be fetched.')
  }
  if (target.username !== '' || target.password !== '') {
    throw new Error('An address with a name and password is not fetched.')
  }
  return target
}

/** An IP address needs no lookup. */
async function addressesOf(
  hostname: string,
  resolve: (hostname: string) => Promise<Resolved[]>,
): Promise<Resolved[]> {
  const literal = hostname.replace(/^\[(.*)\]$/, '$1')
  const family = isIP(literal)
  try {
    return family === 0 ? await resolve(hostname) : [{ address: literal, family }]
  } catch (error) {
    throw explain(error)
  }
}

function resolveAll(hostname: string): Promise<Resolved[]> {
  return lookup(hostname, { all: true })
}

function isRedirect(status: number): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308
}

/** `fetch` hides the cause in its error chain. */
function explain(error: unknown): Error {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const code = 'code' in cause ? String(cause.code) : ''
    if (/^(E[A-Z_]+|UND_ERR_[A-Z_]+|CERT_[A-Z_]+|[A-Z_]*CERT[A-Z_]*)$/.test(code)) {
      return new Error(`The address cannot be fetched (${code}).`, { cause: error })
    }
  }
  return error instanceof Error ? error : new Error(String(error))
}
