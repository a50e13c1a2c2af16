import { createHmac, randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import type { Db } from './database.ts'
import { readNodeSecret } from './node-secret.ts'
import { SECRET_LENGTH, roomIn, seal, unseal } from './notification-seal.ts'
import { executeUnread } from './postgres/pipelining.ts'
import type { PostgresAddress } from './postgres/address.ts'

/** The Postgres notification channel of all nodes on one database. */
const CHANNEL = 'throughline'
/** The most bytes of a notification's payload in Postgres. */
const MAX_PAYLOAD_BYTES = 7_999
/** The most bytes of text in one notification. */
export const MAX_TEXT_BYTES = roomIn(MAX_PAYLOAD_BYTES)
const RECONNECT_DELAY_MS = 500
/** The timeout of a notification to ourselves, after which notifications count as not arriving. */
const PROBE_TIMEOUT_MS = 2_000
/** The interval and the timeout of the listening connection's checks. */
const PING_INTERVAL_MS = 10_000
const PROBE = 'probe:'

/**
 * Every role that can connect to a Postgres database receives its notifications and can send some. The messages of
 * nodes are therefore sealed with a secret from a table that only their own role can read.
 */
export type Notifications = {
  /** Reads the shared secret; must be called before `seal`. */
  open(): Promise<void>
  /** Seals a text of at most `MAX_TEXT_BYTES` bytes as the payload of a notification. */
  seal(text: string): string
  /** The unsealed text; null for a payload that was not sealed with the shared secret. */
  unseal(payload: string): string | null
  /** A name for other means by which the nodes of this database communicate. */
  readonly channel: string
  /** Listens until it is disposed; reconnects after a lost connection. */
  listen(listener: NotificationListener): AsyncDisposable
}

export type NotificationListener = {
  /** Called with the text of each notification, including our own. */
  onNotification(text: string): void
  /** Called for each notification that was not sealed with the shared secret. */
  onForeign(): void
  /** Called when notifications start or stop arriving. Behind a pooler in transaction mode they do not arrive. */
  onState(arrive: boolean): void
}

/** Sends a sealed payload to the other nodes; inside of a transaction it is sent with the commit. */
export async function notify(db: Db, payload: string): Promise<void> {
  await executeUnread(db, 'select pg_notify($1, $2)', [CHANNEL, payload])
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
    unseal: (payload) => unseal(secret(), payload),
    get channel() {
      return `${CHANNEL}:${createHmac('sha256', secret()).update(CHANNEL).digest('hex').slice(0, 16)}`
    },
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
  { onNotification, onForeign, onState }: NotificationListener,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const client = new pg.Client({
      ...address,
      connectionTimeoutMillis: PING_INTERVAL_MS,
      query_timeout: PING_INTERVAL_MS,
    })
    let asking: NodeJS.Timeout | undefined
    const lost = new Promise<void>((resolve) => {
      client.once('end', resolve)
      // A connection may emit several errors, and one without a listener would end the process.
      client.on('error', () => resolve())
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
    try {
      await client.connect()
      const probe = `${PROBE}${crypto.randomUUID()}`
      const arrived = new Promise<boolean>((resolve) => {
        client.on('notification', ({ payload = '' }) => {
          const text = unseal(secret, payload)
          if (text === null) {
            onForeign()
          } else if (text === probe) {
            resolve(true)
          } else if (!text.startsWith(PROBE)) {
            onNotification(text)
          }
        })
        setTimeout(() => resolve(false), PROBE_TIMEOUT_MS).unref()
      })
      await client.query(`listen ${CHANNEL}`)
      await notify(db(), seal(secret, probe))
      onState(await Promise.race([arrived, lost.then(() => false)]))
      // A stalled connection emits no event, so it is asked regularly.
      asking = setInterval(() => {
        client.query('select 1').catch(() => client.end())
      }, PING_INTERVAL_MS)
      await lost
    } catch {
      // The next attempt reports the cause; meanwhile nodes poll.
    } finally {
      clearInterval(asking)
      onState(false)
      await client.end().catch(() => undefined)
    }
    await delay(RECONNECT_DELAY_MS, undefined, { signal }).catch(() => undefined)
  }
}
