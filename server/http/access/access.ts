/**
 * Decides which requests are accepted before credentials are checked: a page of a foreign origin must not act with the
 * visitor's cookies, and in `single` mode a foreign Host (DNS rebinding) must not reach the server.
 */
export type AccessPolicy = {
  /** Null when the request may pass, else the reason for a person. */
  refusal(headers: RequestOrigin, path: string): string | null
  /** True when the origin is configured, and not merely the server's own. */
  isListed(origin: string): boolean
  /** Sets the address at which the server listens; without a public address, browsers use it. */
  listensAt(url: string): void
}

export type RequestOrigin = {
  host?: string | undefined
  origin?: string | undefined
  'sec-fetch-site'?: string | string[] | undefined
  'sec-fetch-mode'?: string | string[] | undefined
}

/** The paths of interfaces, whose answers are private. The pages and files of the web app are not. */
const INTERFACES = /^\/(api|trpc|ws|metrics|readyz|mcp|v1)(\/|$)/
/** The path to which another site redirects a visitor who has signed in there. */
const SIGN_IN = /^\/api\/(?:auth\/|mcp\/callback$)/

/** True for a path of an interface, whose answers must not be cached. */
export function isInterface(path: string): boolean {
  return INTERFACES.test(path)
}

export type AccessSettings = {
  mode: 'single' | 'accounts'
  /** The address browsers use. Null: where the server listens. */
  publicUrl: string | null
  allowedOrigins: string[]
}

const FOREIGN_READ =
  'Pages of other sites may not read from this server. To let one, add its origin to ALLOWED_ORIGINS.'

/**
 * Browsers send no Origin when a foreign page loads something, such as a picture or a script, or opens a link. They
 * send `Sec-Fetch-Site` instead.
 */
function isForeignRead(headers: RequestOrigin, path: string): boolean {
  const site = headers['sec-fetch-site']
  if (site === undefined || site === 'same-origin' || site === 'none') return false
  return isInterface(path) && !(headers['sec-fetch-mode'] === 'navigate' && SIGN_IN.test(path))
}

/** RFC 9112, section 3.2, allows one Host header. With two, nobody knows which one a proxy in front used. */
export function hasTwoHosts(rawHeaders: readonly string[]): boolean {
  const names = rawHeaders.filter((_, index) => index % 2 === 0)
  return names.filter((name) => name.toLowerCase() === 'host').length > 1
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])

/** @throws when `publicUrl` or an allowed origin is no URL */
export function createAccessPolicy(settings: AccessSettings): AccessPolicy {
  const urls = [settings.publicUrl ?? [], settings.allowedOrigins].flat().map((url) => new URL(url))
  const origins = new Set(urls.map((url) => url.origin))
  const hostnames = new Set([...LOOPBACK, ...urls.map((url) => url.hostname)])

  function refusal(headers: RequestOrigin, path: string): string | null {
    const { host, origin } = headers
    if (settings.mode === 'single' && !isKnownHost(host)) {
      return 'This server answers to its own address only; set PUBLIC_URL to use another.'
    }
    if (origin === undefined) return isForeignRead(headers, path) ? FOREIGN_READ : null
    if (origins.has(origin) || isSameHost(origin, host)) return null
    return `Pages of ${origin.slice(0, 200)} may not use this server. To let them, add this origin to ALLOWED_ORIGINS; if it is the server's own address, set PUBLIC_URL to it.`
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
