/**
 * Who may speak to this server at all, before anybody is asked for credentials: a page of a foreign origin must not
 * drive it with the visitor's cookies, and in `single` mode a foreign Host (DNS rebinding) must not reach it.
 */
export type AccessPolicy = {
  /** Null when the request may pass, else the reason for a person. */
  refusal(headers: RequestOrigin): string | null
  /** Whether the origin is one of those set up, and not merely the one this server answers on. */
  isListed(origin: string): boolean
  /** Where the server came to listen: without a public address, that is the one browsers use. */
  listensAt(url: string): void
}

export type RequestOrigin = { host?: string | undefined; origin?: string | undefined }

export type AccessSettings = {
  mode: 'single' | 'accounts'
  /** The address browsers use. Null: where the server listens. */
  publicUrl: string | null
  allowedOrigins: string[]
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])

/** @throws when `publicUrl` or an allowed origin is no URL */
export function createAccessPolicy(settings: AccessSettings): AccessPolicy {
  const urls = [settings.publicUrl ?? [], settings.allowedOrigins].flat().map((url) => new URL(url))
  const origins = new Set(urls.map((url) => url.origin))
  const hostnames = new Set([...LOOPBACK, ...urls.map((url) => url.hostname)])

  function refusal({ host, origin }: RequestOrigin): string | null {
    if (settings.mode === 'single' && !isKnownHost(host)) {
      return 'This server answers to its own address only; set PUBLIC_URL to use another.'
    }
    if (origin === undefined || origins.has(origin) || isSameHost(origin, host)) return null
    return 'This origin may not use the server; add it to ALLOWED_ORIGINS to let it.'
  }

  function isKnownHost(host: string | undefined): boolean {
    const url = URL.parse(`http://${host ?? ''}`)
    // A host with a path or credentials in it is no host.
    return url !== null && url.href === `${url.origin}/` && hostnames.has(url.hostname)
  }

  function listensAt(url: string): void {
    const { hostname, origin } = new URL(url)
    // Any address of 127.0.0.0/8 is loopback, and the server's own when it listens there.
    hostnames.add(hostname)
    if (settings.publicUrl === null) origins.add(origin)
  }

  return { refusal, isListed: (origin) => origins.has(origin), listensAt }
}

/**
 * A page that this very address has served. The scheme is not compared, for a proxy may have ended TLS before us.
 * A rebound name passes here in `accounts` mode, but brings none of the visitor's cookies along.
 */
function isSameHost(origin: string, host: string | undefined): boolean {
  const url = URL.parse(origin)
  if (url === null || host === undefined) return false
  return url.host === URL.parse(`${url.protocol}//${host}`)?.host
}
