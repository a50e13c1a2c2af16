import { parseProxies } from '../trusted-proxies.ts'

type Given = Record<string, string | undefined>

/** Conflicts between settings that are each valid: named by variable, and never with a value. */
export function conflicts(given: Given): string[] {
  const problems: string[] = []
  const accounts = given.AUTH_MODE === 'accounts'
  if (!accounts && given.SERVER_HOST && !isLoopback(given.SERVER_HOST)) {
    problems.push(
      'SERVER_HOST: without accounts, whoever reaches the server owns it, so it listens on loopback only; ' +
        'use 127.0.0.1, ::1 or localhost, or set AUTH_MODE=accounts.',
    )
  }
  if (accounts && given.SERVER_HOST && !isLoopback(given.SERVER_HOST) && !isGuarded(given)) {
    problems.push(
      'SERVER_HOST: passwords and cookies must not travel in the clear. Set TLS_CERT_FILE and TLS_KEY_FILE; or ' +
        'TRUST_PROXY, to the address of the proxy in front that has the certificate; or listen on 127.0.0.1.',
    )
  }
  if (given.DATABASE_READ_URL && !given.DATABASE_URL) {
    problems.push(
      'DATABASE_READ_URL: a replica needs its primary; set DATABASE_URL to it, or remove DATABASE_READ_URL.',
    )
  }
  if (accounts && given.DATABASE_URL && !given.AUTH_SECRET) {
    problems.push(
      'AUTH_SECRET: accounts on a shared database need one secret for all servers; set at least 32 random ' +
        'characters (openssl rand -base64 32).',
    )
  }
  if (given.SUPABASE_KEY && !given.DATABASE_URL) {
    problems.push(
      'DATABASE_URL: Supabase is reached as Postgres, which SUPABASE_KEY cannot open; copy the connection string ' +
        'from the Supabase dashboard (your project, "Connect" at the top, then "Session pooler"; its password is ' +
        'under Project Settings, Database) into DATABASE_URL, or remove SUPABASE_KEY to use the embedded database.',
    )
  }
  if (
    given.IMAGE_MODEL &&
    !given.IMAGE_BASE_URL &&
    !given.IMAGE_API_KEY &&
    !given.OPENAI_API_KEY &&
    !given.OPENAI_BASE_URL
  ) {
    problems.push(
      'IMAGE_MODEL: somebody must make the pictures; set IMAGE_BASE_URL or IMAGE_API_KEY, or OPENAI_API_KEY.',
    )
  }
  return [...problems, ...missingPartners(given), ...unsafeAddresses(given)]
}

/** Settings that need each other. */
const TOGETHER = [
  ['GITHUB_CLIENT_ID', 'GITHUB_CLIENT_SECRET'],
  ['GOOGLE_CLIENT_ID', 'GOOGLE_CLIENT_SECRET'],
  ['OIDC_ISSUER', 'OIDC_CLIENT_ID', 'OIDC_CLIENT_SECRET'],
  ['SMTP_URL', 'MAIL_FROM'],
  ['TLS_CERT_FILE', 'TLS_KEY_FILE'],
  ['S3_ENDPOINT', 'S3_BUCKET', 'S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY'],
]

function missingPartners(given: Given): string[] {
  return TOGETHER.flatMap((names) => {
    const missing = names.filter((name) => !given[name])
    if (missing.length === 0 || missing.length === names.length) return []
    const set = names.filter((name) => given[name])
    return missing.map((name) => `${name}: must be set too, together with ${set.join(' and ')}.`)
  })
}

/** Keys and codes that are fetched over plain HTTP could be forged. */
function unsafeAddresses(given: Given): string[] {
  return ['AUTH_JWKS_URL', 'SUPABASE_URL', 'OIDC_ISSUER', 'S3_ENDPOINT'].flatMap((name) => {
    const url = URL.parse(given[name] ?? '')
    if (url?.protocol !== 'http:' || isLoopback(url.hostname)) return []
    return [`${name}: must begin with https://; plain http is for this machine alone.`]
  })
}

/** True when this process, or a named proxy, has TLS. */
function isGuarded(given: Given): boolean {
  if (given.TLS_CERT_FILE) return true
  const entries = (given.TRUST_PROXY ?? '').split(',').map((entry) => entry.trim())
  const named = entries.filter((entry) => !/^(|loopback|none)$/.test(entry))
  return named.length > 0 && parseProxies(named) !== null
}

/** True when only this machine can reach a server that listens on `host`. */
export function isLoopback(host: string): boolean {
  return (
    host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host)
  )
}
