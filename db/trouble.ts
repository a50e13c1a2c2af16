/** Whether the database itself refused, so that nothing is in doubt: errors of the connection have no SQLSTATE. */
export function isRefusal(error: unknown): boolean {
  const state = sqlState(error)
  return state !== null && !CONNECTION.test(state)
}

/**
 * Whether the database cannot work just now, so that the same may succeed later: gone, starting, full, too slow, or in
 * a knot.
 */
export function isTrouble(error: unknown): boolean {
  const state = sqlState(error)
  if (state !== null) {
    return CONNECTION.test(state) || RESOURCES.test(state) || GIVEN_UP.test(state) || isKnot(error)
  }
  const code = codeOf(error)
  return (
    error instanceof Error &&
    (NETWORK.test(code) || isCertificateError(code) || BROKEN.test(error.message))
  )
}

/** Whether TLS could not make out who is at the other end: OpenSSL's names for it, and Node's. */
export function isCertificateError(code: string): boolean {
  return /CERT|^UNABLE_TO_(VERIFY|GET)_|^ERR_TLS_/.test(code)
}

/**
 * Whether a call that failed by this failed only because the database could not serve it just now: trouble, work that
 * took longer than it may, or a database that lets nobody in, as while one takes the place of another. The causes that
 * were wrapped count too.
 */
export function isUnavailable(error: unknown): boolean {
  if (isTrouble(error) || UNSERVED.test(sqlState(error) ?? '')) {
    return true
  }
  return error instanceof Error && (GONE.test(error.message) || isUnavailable(error.cause))
}

/** Whether two transactions stood in each other's way and this one gave in: it may simply be tried again. */
export function isKnot(error: unknown): boolean {
  return /^40(001|P01)$/.test(sqlState(error) ?? '')
}

/**
 * SQLSTATE class 08, the shutdowns and starts of class 57, and a transaction left alone too long: the connection ended,
 * whatever had been sent.
 */
const CONNECTION = /^(08...|57P0[1-5]|25P03)$/
/** Class 53: disk full, out of memory, too many connections. Class 58: the system's own errors; 25006: a standby. */
const RESOURCES = /^(53...|58...|25006)$/
/** A statement that took too long, or waited too long for a lock. */
const GIVEN_UP = /^(57014|55P03)$/
/** Class 28: not let in; 3D000: no such database; 55P03, 57014: a lock, or a statement, that took too long. */
const UNSERVED = /^(28...|3D000|55P03|57014|25P04)$/
const NETWORK =
  /^(ECONNREFUSED|ECONNRESET|EPIPE|ENOENT|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)$/
/** What `pg` says without a code. */
const BROKEN =
  /Connection terminated|does not support SSL connections|timeout exceeded when trying to connect|Client has encountered a connection error|not queryable/

/** What drivers say when they are asked after their closing, or have waited for an answer. */
const GONE =
  /Query read timeout|Cannot use a pool after calling end|driver has already been destroyed|PGlite is closed/

function sqlState(error: unknown): string | null {
  const code = codeOf(error)
  return /^[0-9A-Z]{5}$/.test(code) && !NETWORK.test(code) ? code : null
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
