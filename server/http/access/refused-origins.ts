import type { FastifyBaseLogger } from 'fastify'

/** Called for a request that was refused because of its origin. */
export type NoteRefusal = (origin: string | undefined, reason: string) => void

const AGAIN_MS = 60_000
const MOST_ORIGINS = 100

/**
 * Says in the log what to set so that a page gets in: once a minute for each origin, for its tabs try again and again,
 * and of a bounded number of them, for anybody can make some up.
 */
export function logRefusals(logger: Pick<FastifyBaseLogger, 'info'>): NoteRefusal {
  const noted = new Map<string, number>()
  return (origin = '', reason) => {
    const key = origin.slice(0, 200)
    const now = performance.now()
    for (const [known, at] of noted) if (now - at >= AGAIN_MS) noted.delete(known)
    if (noted.has(key) || noted.size >= MOST_ORIGINS) return
    noted.set(key, now)
    logger.info({ ...(origin !== '' && { origin: key }) }, reason)
  }
}
