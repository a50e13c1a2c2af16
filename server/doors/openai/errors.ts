import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { retryAfterOf } from '../../api-error.ts'
import { FileRefusal } from '../files/refusal.ts'
import { toHttpError } from '../../http/http-errors.ts'

/** The body of an error, in OpenAI's shape. */
export type OpenAiError = {
  error: { message: string; type: string; param: string | null; code: string | null }
}

/** A request that this door cannot take, and the field that says so. */
export class DoorError extends Error {
  readonly statusCode: number
  readonly param: string | null
  readonly code: string | null

  constructor(
    message: string,
    {
      status = 400,
      param = null,
      code = null,
    }: Partial<{ status: number; param: string | null; code: string | null }> = {},
  ) {
    super(message)
    this.name = 'DoorError'
    this.statusCode = status
    this.param = param
    this.code = code
  }
}

const TYPES: Record<number, string> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'invalid_request_error',
  409: 'conflict_error',
  429: 'rate_limit_error',
}
const CODES: Record<number, string> = {
  401: 'invalid_api_key',
  404: 'not_found',
  429: 'rate_limit_exceeded',
}

export function toOpenAiError(thrown: unknown): { status: number; body: OpenAiError } {
  const error = thrown instanceof z.ZodError ? ofBody(thrown) : thrown
  const { status, body } = toHttpError(error)
  const own =
    error instanceof FileRefusal
      ? { code: error.reason, param: error.place }
      : error instanceof DoorError
        ? error
        : null
  const type = TYPES[status] ?? (status >= 500 ? 'server_error' : 'invalid_request_error')
  const code = own?.code ?? CODES[status] ?? null
  return {
    status,
    body: { error: { message: body.message, type, param: own?.param ?? null, code } },
  }
}

/** A body, or a query, that is not as it must be. */
function ofBody(error: z.ZodError): DoorError {
  const param = error.issues[0]?.path.join('.') || null
  return new DoorError(z.prettifyError(error), { param })
}

export function sendOpenAiError(error: unknown, reply: FastifyReply): FastifyReply {
  const { status, body } = toOpenAiError(error)
  const retryAfter = retryAfterOf(error)
  if (retryAfter !== null) void reply.header('retry-after', String(retryAfter))
  return reply.code(status).send(body)
}
