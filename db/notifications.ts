import { sql } from 'kysely'
import pg from 'pg'
import type { Db } from './database.ts'

/** All nodes on one database listen here. */
const CHANNEL = 'throughline'
/** What Postgres takes in one notification, less one byte. */
export const LONGEST_PAYLOAD = 7_999
const RECONNECT_DELAY = 500
/** How long a notification to ourselves may take before we say that none arrive. */
const PROBE_TIME = 2_000
/** How often the connection that listens is asked whether it lives, and how long it may take to say so. */
const LIFE_SIGN = 10_000

export type Notifications = {
  /**
   * Listens until it is disposed, through lost connections.
   *
   * @param onPayload is called with each notification, our own included
   * @param onState is told whether notifications arrive: behind a pooler in transaction mode they do not
   */
  listen(onPayload: (payload: string) => void, onState: (arrive: boolean) => void): AsyncDisposable
}

/** Tells the other nodes; inside a transaction they learn of it with its commit. */
export async function notify(db: Db, payload: string): Promise<void> {
  await sql`select pg_notify(${CHANNEL}, ${payload})`.execute(db)
}

export function postgresNotifications(connectionString: string, db: () => Db): Notifications {
  return {
    listen(onPayload, onState) {
      const leave = new AbortController()
      const done = keepListening(connectionString, db, onPayload, onState, leave.signal)
      return {
        [Symbol.asyncDispose]: async () => {
          leave.abort()
          await done
        },
      }
    },
  }
}

async function keepListening(
  connectionString: string,
  db: () => Db,
  onPayload: (payload: string) => void,
  onState: (arrive: boolean) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const client = new pg.Client({
      connectionString,
      connectionTimeoutMillis: LIFE_SIGN,
      query_timeout: LIFE_SIGN,
    })
    let asking: NodeJS.Timeout | undefined
    const lost = new Promise<void>((resolve) => {
      client.once('end', resolve)
      // More than one may come, and unheard it would end the process.
      client.on('error', () => resolve())
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
    try {
      await client.connect()
      const probe = `probe:${crypto.randomUUID()}`
      const arrived = new Promise<boolean>((resolve) => {
        client.on('notification', ({ payload = '' }) => {
          if (payload === probe) {
            resolve(true)
          } else if (!payload.startsWith('probe:')) {
            onPayload(payload)
          }
        })
        setTimeout(() => resolve(false), PROBE_TIME).unref()
      })
      await client.query(`listen ${CHANNEL}`)
      await notify(db(), probe)
      onState(await Promise.race([arrived, lost.then(() => false)]))
      // It may have gone dark: closed for nobody, and silent for ever.
      asking = setInterval(() => {
        client.query('select 1').catch(() => client.end())
      }, LIFE_SIGN)
      await lost
    } catch {
      // Whatever it was, the next try tells; meanwhile nobody waits for notifications.
    } finally {
      clearInterval(asking)
      onState(false)
      await client.end().catch(() => undefined)
    }
    if (!signal.aborted) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, RECONNECT_DELAY)
        signal.addEventListener('abort', () => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
  }
}
