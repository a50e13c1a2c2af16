import type { FastifyInstance } from 'fastify'
import type { Metrics } from '../metrics.ts'

/** Seconds: what feels immediate, what is noticed, what is waited for. */
const BOUNDS = [0.005, 0.02, 0.1, 0.5, 2, 10]

/** Requests that get an answer of their own methods only, so that nobody can invent labels. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** `GET /metrics` for Prometheus. Numbers of this process only, and nothing of what anyone says. */
export function serveMetrics(app: FastifyInstance, metrics: Metrics): void {
  const count = metrics.counter('throughline_http_requests_total', 'HTTP requests answered.')
  const measure = metrics.histogram(
    'throughline_http_request_duration_seconds',
    'Time until an HTTP request was answered; streams count until their end.',
    BOUNDS,
  )
  app.addHook('onResponse', async ({ method }, reply) => {
    count({ method: METHODS.has(method) ? method : 'other', status: String(reply.statusCode) })
    measure(reply.elapsedTime / 1000)
  })
  app.get('/metrics', async (_request, reply) =>
    reply
      .type('text/plain; version=0.0.4; charset=utf-8')
      .header('cache-control', 'no-store')
      .send(metrics.text()),
  )
}
