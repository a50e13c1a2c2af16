import { pino } from 'pino'
import type { Logger } from 'pino'
import type { Config } from './config/config.ts'

/** Logs JSON lines, or readable lines when a person watches. Neither has secrets, nor text of conversations. */
export function createLogger(level: Config['logLevel'], forPerson: boolean): Logger {
  const options = { level, base: null, serializers: { err: describeError } }
  return forPerson
    ? pino({
        ...options,
        // The name of the node is left out, because a person watches a single node.
        transport: {
          target: 'pino-pretty',
          options: { translateTime: 'HH:MM:ss', ignore: 'node' },
        },
      })
    : pino(options, pino.destination({ sync: true }))
}

type DescribedError = {
  type: string
  message: string
  code?: unknown
  stack?: string | undefined
  cause?: DescribedError
}

/**
 * Only these fields of an error are logged: a database's errors also have the query with its parameters, which people
 * wrote.
 */
export function describeError(error: unknown): DescribedError {
  if (!(error instanceof Error)) {
    return { type: typeof error, message: String(error) }
  }
  return {
    type: error.name,
    message: error.message,
    ...('code' in error && { code: error.code }),
    stack: error.stack,
    ...(error.cause !== undefined && { cause: describeError(error.cause) }),
  }
}
