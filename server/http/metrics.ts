import type { FastifyInstance } from 'fastify'
import { Counter, Histogram } from 'prom-client'
import type { Registry } from 'prom-client'

/** Seconds: from durations that feel immediate to those for which people have to wait. */
const BOUNDS = [0.005, 0.02, 0.1, 0.5, 2, 10]

/** Methods with a label of their own. Clients cannot invent labels by other methods. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** `GET /metrics` for Prometheus. Numbers of this process only, and nothing of what anyone says. */
export function serveMetrics(app: FastifyInstance, registry: Registry): void {
  const requests = new Counter({
    name: 'throughline_http_requests_total',
    help: 'HTTP requests answered.',
    labelNames: ['method', 'status'],
    registers: [registry],
  })
  const durations = new Histogram({
    name: 'throughline_http_request_duration_seconds',
    help: 'Time until an HTTP request was answered; streams count until their end.',
    buckets: BOUNDS,
    registers: [registry],
  })
  app.addHook('onResponse', async ({ method }, reply) => {
    requests.inc({ method: METHODS.has(method) ? method : 'other', status: reply.statusCode })
    durations.observe(reply.elapsedTime / 1000)
  })
  app.get('/metrics', async (_request, reply) =>
    reply
      .type(registry.contentType)
      .header('cache-control', 'no-store')
      .send(await registry.metrics()),
  )
}
