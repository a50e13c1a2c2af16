import { TRPCError } from '@trpc/server'
import { getHTTPStatusCodeFromError } from '@trpc/server/http'
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc'
import type { TRPC_ERROR_CODE_KEY } from '@trpc/server/rpc'
import { z } from 'zod'
import { toApiError } from '../api-error.ts'

/** The body of every error outside of tRPC. */
export type HttpError = { message: string; code: TRPC_ERROR_CODE_KEY; issues?: Issue[] }
type Issue = { path: string; message: string }

const CODES: Record<number, TRPC_ERROR_CODE_KEY> = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_SUPPORTED',
  408: 'TIMEOUT',
  413: 'PAYLOAD_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  429: 'TOO_MANY_REQUESTS',
  503: 'SERVICE_UNAVAILABLE',
}

const INTERNAL: HttpError = {
  message: 'Something went wrong on the server.',
  code: 'INTERNAL_SERVER_ERROR',
}

/**
 * Converts a failure for the client: the message of a TRPCError or of a refusal by the HTTP layer, and no detail of an
 * unexpected error.
 */
export function toHttpError(thrown: unknown): { status: number; body: HttpError } {
  const status = statusOf(thrown)
  const known = CODES[status]
  if (!(thrown instanceof TRPCError) && known && thrown instanceof Error) {
    return { status, body: { message: thrown.message, code: known } }
  }
  return ofProcedure(toApiError(thrown))
}

function ofProcedure(error: TRPCError): { status: number; body: HttpError } {
  const status = getHTTPStatusCodeFromError(error)
  if (status === 500) return { status, body: INTERNAL }
  if (error.cause instanceof z.core.$ZodError) {
    const issues = error.cause.issues.map(({ path, message }) => ({
      path: path.join('.'),
      message,
    }))
    const message = issues.map((issue) =>
      issue.path ? `${issue.path}: ${issue.message}` : issue.message,
    )
    return { status, body: { message: message.join('; '), code: error.code, issues } }
  }
  return { status, body: { message: error.message, code: error.code } }
}

/** The same in the envelope that a tRPC client understands. */
export function toTrpcError(error: unknown): { status: number; body: unknown } {
  const { status, body } = toHttpError(error)
  const data = { code: body.code, httpStatus: status }
  const shape = { message: body.message, code: TRPC_ERROR_CODES_BY_KEY[body.code], data }
  return { status, body: { error: shape } }
}

/** Fastify's own errors carry the status they stand for. */
function statusOf(error: unknown): number {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return 500
  return typeof error.statusCode === 'number' ? error.statusCode : 500
}
