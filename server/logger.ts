import { pino } from 'pino'
import type { Logger } from 'pino'
import type { Config } from './config/config.ts'

/** JSON lines, or something to read when a person watches. Neither carries secrets, nor what people say. */
export function createLogger(level: Config['logLevel'], forPerson: boolean): Logger {
  const options = { level, base: null, serializers: { err: describeError } }
  return forPerson
    ? pino({
        ...options,
        transport: { target: 'pino-pretty', options: { translateTime: 'HH:MM:ss' } },
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
 * Only these of an error's fields: a database's errors also carry the query with its parameters, which are what people
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
