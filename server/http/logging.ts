import type { TRPCError } from '@trpc/server'
import { getHTTPStatusCodeFromError } from '@trpc/server/http'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { idsOfError } from '../log-ids.ts'

/**
 * Logs requests at `debug` by method, path and outcome; never the query string, headers or bodies, which contain tokens
 * and messages. Each answer carries the id of its lines.
 */
export function logRequests(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    void reply.header('x-request-id', request.id)
  })
  app.addHook('onResponse', async (request, reply) => {
    const url = loggedPath(request.url)
    const durationMs = Math.round(reply.elapsedTime)
    request.log.debug(
      { method: request.method, url, status: reply.statusCode, durationMs },
      'request',
    )
  })
}

/** Logs a failure that is the server's own. */
export type Report = (error: unknown, what: string, about?: object) => void

/** Reports failures of procedures that are the server's fault. The caller's mistakes are only logged at `debug`. */
export function logProcedureErrors(logger: FastifyBaseLogger, report: Report) {
  return ({ error, path }: { error: TRPCError; path: string | undefined }): void => {
    const about = { ...idsOfError(error), path, code: error.code }
    if (getHTTPStatusCodeFromError(error) < 500) {
      logger.debug(about, 'procedure refused')
    } else {
      report(error.cause ?? error, 'procedure failed', about)
    }
  }
}

/** An address as it may be logged: who has the token of a share can read it. */
export function loggedPath(url: string): string {
  return pathOf(url).replace(/(\/share\/)[^/]+/g, '$1…')
}

export function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? ''
}
