import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import pg from 'pg'
import type { Db } from './database.ts'
import { readNodeSecret } from './node-secret.ts'
import { SECRET_LENGTH, roomIn, seal, unseal } from './notification-seal.ts'
import type { PostgresAddress } from './postgres-address.ts'

/** All nodes on one database listen here. */
const CHANNEL = 'throughline'
/** What Postgres takes in one notification, less one byte. */
const LONGEST_PAYLOAD = 7_999
/** Bytes of text that can be told in one notification. */
export const LONGEST_TOLD = roomIn(LONGEST_PAYLOAD)
const RECONNECT_DELAY = 500
/** How long a notification to ourselves may take before we say that none arrive. */
const PROBE_TIME = 2_000
/** How often the connection that listens is asked whether it lives, and how long it may take to say so. */
const LIFE_SIGN = 10_000
const PROBE = 'probe:'

/**
 * Every role that may connect to a Postgres database hears its notifications and can send some. So what nodes tell each
 * other is sealed with a secret that stands in a table only their own role can read.
 */
export type Notifications = {
  /** Makes ready for `seal`. */
  open(): Promise<void>
  /** The payload of a notification that tells this text, of at most `LONGEST_TOLD` bytes. */
  seal(text: string): string
  /** Listens until it is disposed, through lost connections. */
  listen(listener: NotificationListener): AsyncDisposable
}

export type NotificationListener = {
  /** Called with what each notification tells, our own included. */
  onTold(text: string): void
  /** Called for each notification that nobody sent who knows the secret. */
  onForeign(): void
  /** Told whether notifications arrive: behind a pooler in transaction mode they do not. */
  onState(arrive: boolean): void
}

/** Sends what was sealed to the other nodes; inside a transaction they learn of it with its commit. */
export async function notify(db: Db, payload: string): Promise<void> {
  await sql`select pg_notify(${CHANNEL}, ${payload})`.execute(db)
}

export function postgresNotifications(address: PostgresAddress, db: () => Db): Notifications {
  let known: Buffer | null = null
  const secret = (): Buffer => {
    if (!known) {
      throw new Error('notifications were not opened')
    }
    return known
  }
  const notifications: Notifications = {
    async open() {
      known = await readNodeSecret(db(), CHANNEL, randomBytes(SECRET_LENGTH))
    },
    seal: (text) => seal(secret(), text),
    listen(listener) {
      const leave = new AbortController()
      const done = keepListening({ address, db, secret: secret() }, listener, leave.signal)
      return {
        [Symbol.asyncDispose]: async () => {
          leave.abort()
          await done
        },
      }
    },
  }
  return notifications
}

type Line = { address: PostgresAddress; db: () => Db; secret: Buffer }

async function keepListening(
  { address, db, secret }: Line,
  { onTold, onForeign, onState }: NotificationListener,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const client = new pg.Client({
      ...address,
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
      const probe = `${PROBE}${crypto.randomUUID()}`
      const arrived = new Promise<boolean>((resolve) => {
        client.on('notification', ({ payload = '' }) => {
          const told = unseal(secret, payload)
          if (told === null) {
            onForeign()
          } else if (told === probe) {
            resolve(true)
          } else if (!told.startsWith(PROBE)) {
            onTold(told)
          }
        })
        setTimeout(() => resolve(false), PROBE_TIME).unref()
      })
      await client.query(`listen ${CHANNEL}`)
      await notify(db(), seal(secret, probe))
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
