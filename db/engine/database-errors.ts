/**
 * Returns true when the database itself refused the statement, so that its outcome is certain: connection errors have
 * no SQLSTATE.
 */
export function isRefusal(error: unknown): boolean {
  const state = sqlState(error)
  return state !== null && !CONNECTION.test(state)
}

/**
 * Returns true when the database cannot work just now and the same call may succeed later: it is down, starting, full
 * or too slow, or the transaction lost a conflict.
 */
export function isTransientError(error: unknown): boolean {
  const state = sqlState(error)
  if (state !== null) {
    return (
      CONNECTION.test(state) ||
      RESOURCES.test(state) ||
      GIVEN_UP.test(state) ||
      isTransactionConflict(error)
    )
  }
  const code = codeOf(error)
  return (
    error instanceof Error &&
    (NETWORK.test(code) || isCertificateError(code) || BROKEN.test(error.message))
  )
}

/** Returns true when TLS could not verify the server's certificate; tests the error codes of OpenSSL and of Node. */
export function isCertificateError(code: string): boolean {
  return /CERT|^UNABLE_TO_(VERIFY|GET)_|^ERR_TLS_/.test(code)
}

/**
 * Returns true when a call failed only because the database could not serve it: a transient error, a timeout, or a
 * refused login, as happens while a standby takes over. Wrapped causes are searched too.
 */
export function isUnavailable(error: unknown): boolean {
  if (isTransientError(error) || UNSERVED.test(sqlState(error) ?? '')) {
    return true
  }
  return error instanceof Error && (GONE.test(error.message) || isUnavailable(error.cause))
}

/** Returns true when the database has no room to write. */
export function isDiskFull(error: unknown): boolean {
  if (sqlState(error) === '53100') return true
  return error instanceof Error && isDiskFull(error.cause)
}

/** Returns true for a serialization failure or a deadlock: the transaction can simply be retried. */
export function isTransactionConflict(error: unknown): boolean {
  return /^40(001|P01)$/.test(sqlState(error) ?? '')
}

/**
 * SQLSTATE class 08, the shutdowns and starts of class 57, and an idle-in-transaction timeout: the connection ended,
 * whatever had been sent.
 */
const CONNECTION = /^(08...|57P0[1-5]|25P03)$/
/** Class 53: disk full, out of memory, too many connections. Class 58: system errors. 25006: a read-only standby. */
const RESOURCES = /^(53...|58...|25006)$/
/** A statement timeout, a lock timeout, or a prepared statement that a pooler did not keep. */
const GIVEN_UP = /^(57014|55P03|26000|42P05)$/
/** Class 28: login refused. 3D000: no such database. 55P03, 57014, 25P04: a lock, statement or transaction timeout. */
const UNSERVED = /^(28...|3D000|55P03|57014|25P04)$/
const NETWORK =
  /^(ECONNREFUSED|ECONNRESET|EPIPE|ENOENT|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)$/
/** Errors of `pg` that have a message but no code. */
const BROKEN =
  /Connection terminated|does not support SSL connections|timeout exceeded when trying to connect|Client has encountered a connection error|not queryable/

/** Errors of drivers that were used after closing, or that timed out waiting for an answer. */
const GONE =
  /Query read timeout|Cannot use a pool after calling end|driver has already been destroyed|PGlite is closed/

/** True for a statement that was cancelled because it waited too long for a lock. */
export function isLockTimeout(error: unknown): boolean {
  return sqlState(error) === '55P03'
}

/** True for the error of an insert that failed because another row had the same values under this constraint. */
export function isDuplicate(error: unknown, constraint: string | RegExp): boolean {
  return (
    sqlState(error) === '23505' &&
    error instanceof Error &&
    'constraint' in error &&
    (typeof constraint === 'string'
      ? error.constraint === constraint
      : constraint.test(String(error.constraint)))
  )
}

function sqlState(error: unknown): string | null {
  const code = codeOf(error)
  return /^[0-9A-Z]{5}$/.test(code) && !NETWORK.test(code) ? code : null
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

/** The database does not keep up with its load. */
export class DatabaseBusyError extends Error {
  constructor() {
    super('too much waits for the database')
    this.name = 'DatabaseBusyError'
  }
}
