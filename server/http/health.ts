import type { FastifyInstance } from 'fastify'

/** The content of `/health`, besides the process's age. */
export type Health = {
  version: string
  database: 'embedded' | 'postgres'
  model: 'demo' | 'openai' | 'compatible'
  /** True when a service for speech is set up. */
  speech?: boolean
}

export type HealthOptions = {
  health: () => Health
  /** Throws, or rejects, when the database cannot be used. */
  checkDatabase: () => Promise<unknown>
  /** Reports whether the server still waits for tools after its start, and why some are missing. */
  checkTools?: () => { isWaiting: boolean; reasons: string[] }
  /** True while the server of WAKE_URL does not carry the word between nodes: Postgres does meanwhile. */
  isWakeDown?: () => boolean
  isDraining: () => boolean
  onNoDatabase: (error: unknown, what: string, about: { request: string }) => void
  /** The timeout of the database check. */
  timeoutMs?: number
}

/**
 * `/health` is for people, `/livez` for the supervisor that restarts a stuck process, `/readyz` for the load balancer.
 * They need no credentials, because nothing in them is secret.
 */
export function healthRoutes(options: HealthOptions) {
  const startedAt = performance.now()
  return async function plugin(app: FastifyInstance): Promise<void> {
    app.addHook('onSend', async (_request, reply) => {
      reply.header('cache-control', 'no-store')
    })
    app.get('/health', () => {
      const { version, database, model, speech = false } = options.health()
      const uptimeSeconds = Math.floor((performance.now() - startedAt) / 1000)
      // Said only where there is one, so that the answer is the agreed one anywhere else.
      const known = { status: 'ok' as const, version, uptimeSeconds, database, model }
      return speech ? { ...known, speech } : known
    })
    app.get('/livez', () => ({ status: 'ok' }))
    app.get('/readyz', async (request, reply) => {
      if (options.isDraining()) return reply.code(503).send({ status: 'draining' })
      try {
        await within(options.timeoutMs ?? 2_000, options.checkDatabase())
        const { isWaiting, reasons } = options.checkTools?.() ?? { isWaiting: false, reasons: [] }
        // The wait is bounded, so that a server that stays away delays nothing for long; the answer names it.
        if (isWaiting) return await reply.code(503).send({ status: 'waiting-for-tools', reasons })
        const all = options.isWakeDown?.() ? [...reasons, WAKE_DOWN] : reasons
        return { status: 'ok', ...(all.length > 0 && { reasons: all }) }
      } catch (error) {
        options.onNoDatabase(error, 'the database does not answer', { request: request.id })
        return reply.code(503).send({ status: 'no-database' })
      }
    })
  }
}

const WAKE_DOWN = 'the server of WAKE_URL does not answer: nodes tell each other by Postgres'

async function within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    const error = new Error(`no answer in ${timeoutMs} ms`)
    late.reject(Object.assign(error, { code: 'ETIMEDOUT' }))
  }, timeoutMs)
  try {
    return await Promise.race([work, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
