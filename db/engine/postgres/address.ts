import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'
import pg from 'pg'

/** The address of a Postgres and its TLS options, used for every connection. */
export type PostgresAddress = { connectionString: string; ssl: false | ConnectionOptions }

/** DATABASE_URL or PGSSLMODE asks for TLS in a way that does not exist. */
export class DatabaseUrlError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'DatabaseUrlError'
  }
}

const MODES = [
  'disable',
  'allow',
  'prefer',
  'require',
  'verify-ca',
  'verify-full',
  'no-verify',
] as const
type Mode = (typeof MODES)[number]

/**
 * Parameters that are interpreted here for all connections: `pg` gives them other meanings than `psql`, and changes
 * them between versions.
 */
const OWN = new Set(['ssl', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'uselibpqcompat'])

/**
 * Parses a connection string. Beyond loopback and Unix sockets, the server's certificate and name are verified by
 * default; `sslmode` in the string, or else PGSSLMODE, overrides this with the meanings of libpq (table in
 * docs/operations.md).
 * @param env such as `process.env`, for PGSSLMODE and PGSSLROOTCERT
 * @throws {DatabaseUrlError} with the cause, and never with the password
 */
export function postgresAddress(
  databaseUrl: string,
  // Libpq's own variables, as `pg` itself reads the rest of them.
  // oxlint-disable-next-line no-restricted-globals
  env: Record<string, string | undefined> = process.env,
): PostgresAddress {
  const [start, query = ''] = splitOnce(databaseUrl, '?')
  const all = new URLSearchParams(query)
  // Other parameters are passed on as they are written, because `pg` parses them itself.
  const others = query.split('&').filter((pair) => !OWN.has(splitOnce(pair, '=')[0] ?? ''))
  const connectionString = others.some(Boolean) ? `${start}?${others.join('&')}` : start
  const { host } = new pg.Client({ connectionString, ssl: false })
  if (isSocket(host)) {
    return { connectionString, ssl: false }
  }
  const root = all.get('sslrootcert') ?? env.PGSSLROOTCERT ?? null
  const mode = modeOf(all.get('sslmode') ?? all.get('ssl') ?? env.PGSSLMODE ?? null)
  return { connectionString, ssl: tlsOf(mode ?? defaultMode(host, root), host, root, all) }
}

function defaultMode(host: string, root: string | null): Mode {
  return isLoopbackHost(host) && root === null ? 'disable' : 'verify-full'
}

function tlsOf(
  mode: Mode,
  host: string,
  root: string | null,
  all: URLSearchParams,
): false | ConnectionOptions {
  if (mode === 'disable' || ((mode === 'allow' || mode === 'prefer') && isLoopbackHost(host))) {
    return false
  }
  const own = root !== null && root !== 'system'
  // As in libpq, `require` with a root certificate means `verify-ca`.
  const asked = mode === 'require' && own ? 'verify-ca' : mode
  const verifies = asked === 'verify-ca' || asked === 'verify-full'
  const certificate = all.get('sslcert')
  const key = all.get('sslkey')
  return {
    rejectUnauthorized: verifies,
    ...(verifies && own && { ca: readFile('sslrootcert', root) }),
    ...(asked === 'verify-ca' && { checkServerIdentity: () => undefined }),
    ...(certificate && { cert: readFile('sslcert', certificate) }),
    ...(key && { key: readFile('sslkey', key) }),
  }
}

function modeOf(given: string | null): Mode | null {
  if (given === null || given === '') {
    return null
  }
  if (given === 'true' || given === '1') {
    return 'verify-full'
  }
  if (given === 'false' || given === '0') {
    return 'disable'
  }
  const mode = MODES.find((known) => known === given)
  if (mode === undefined) {
    throw new DatabaseUrlError(`DATABASE_URL: sslmode must be one of ${MODES.join(', ')}.`)
  }
  return mode
}

function readFile(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new DatabaseUrlError(`DATABASE_URL: the file that ${name} names cannot be read.`, {
      cause,
    })
  }
}

function isSocket(host: string): boolean {
  return host.startsWith('/') || host.startsWith('@')
}

/** Returns true when traffic to that host does not leave this machine. */
export function isLoopbackHost(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[(.*)\]$/, '$1')
  return name === 'localhost' || name === '::1' || /^(::ffff:)?127(\.\d{1,3}){3}$/.test(name)
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator)
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + separator.length)]
}
