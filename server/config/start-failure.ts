import { FolderInUseError } from '../../db/engine/embedded/folder-lock.ts'
import { DatabaseUrlError } from '../../db/engine/postgres/address.ts'
import { RowsHiddenError } from '../../db/engine/row-security.ts'
import { isCertificateError } from '../../db/engine/database-errors.ts'
import { ModeError } from './config.ts'
import type { Config } from './config.ts'

/**
 * The reason why the server could not start: for common problems one line that says what to do, for others the whole
 * error.
 */
export function explainStartFailure(error: unknown, config: Config): string {
  const { host, port } = config.listen
  for (const cause of causes(error)) {
    if (cause instanceof FolderInUseError) {
      return `The folder ${cause.dataDir} is in use by another Throughline. Stop that one, or set DATA_DIR to another folder.`
    }
    if (
      cause instanceof DatabaseUrlError ||
      cause instanceof RowsHiddenError ||
      cause instanceof ModeError
    ) {
      return cause.message
    }
    const code = codeOf(cause)
    if (config.databaseUrl && NO_TLS.test(cause.message)) {
      return 'The database server takes no TLS. Turn TLS on there; or, if nobody else is on the way to it, add sslmode=disable to DATABASE_URL.'
    }
    if (config.databaseUrl && isCertificateError(code)) {
      return (
        `The certificate of the database server cannot be verified (${code}). Name its authority in DATABASE_URL ` +
        'with sslrootcert=FILE (Supabase: Project Settings, Database, SSL certificate), or add sslmode=require there ' +
        'to encrypt without verifying.'
      )
    }
    if (code === 'EADDRINUSE') {
      return `Port ${port} is in use. Stop what listens there, or set SERVER_PORT to another one (0 picks a free one).`
    }
    if (code === 'EADDRNOTAVAIL' || (code === 'EACCES' && isListening(cause))) {
      return `The server cannot listen on ${host}:${port} (${code}). Check SERVER_HOST and SERVER_PORT.`
    }
    if (config.databaseUrl && isDatabaseRefusal(cause, code)) {
      return `The database cannot be reached: ${cause.message || code}. Check that it runs, and DATABASE_URL.`
    }
    if (!config.databaseUrl && FOLDER_TROUBLE.has(code)) {
      return `The folder ${config.dataDir} cannot be used (${code}). Set DATA_DIR to a folder that can be written.`
    }
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

/** The error codes for a folder that cannot be created or written. */
const FOLDER_TROUBLE = new Set([
  'EACCES',
  'EEXIST',
  'ENOENT',
  'ENOSPC',
  'ENOTDIR',
  'EPERM',
  'EROFS',
  'ERR_SQLITE_ERROR',
])

/** The error and its causes, including the parts of an `AggregateError`. */
function* causes(error: unknown): Generator<Error> {
  if (error instanceof Error) {
    yield error
    yield* causes(error.cause)
    if (error instanceof AggregateError) {
      for (const part of error.errors) {
        yield* causes(part)
      }
    }
  }
}

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : ''
}

function isListening(error: Error): boolean {
  return 'syscall' in error && error.syscall === 'listen'
}

/** The message of `pg` when the server refuses TLS. */
const NO_TLS = /^The server does not support SSL connections/

/** Network errors, refused credentials (SQLSTATE class 28), no such database (3D000), the server starting (57P03). */
function isDatabaseRefusal(error: Error, code: string): boolean {
  return (
    /^(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENOENT|28...|3D000|57P03)$/.test(
      code,
    ) ||
    /timeout exceeded when trying to connect|Connection terminated|SSL|SASL/.test(error.message)
  )
}
