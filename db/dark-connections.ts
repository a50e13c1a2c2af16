import pg from 'pg'
import type { PostgresAddress } from './postgres-address.ts'
import { isRefusal } from './trouble.ts'

/** A connection in use this long is looked at. Milliseconds. */
const SUSPICION = 10_000
/** How long the look may take. Milliseconds. */
const PATIENCE = 5_000
/** A backend that Postgres does not know may be a pooler's: its connection gets this long. Milliseconds. */
const LONGEST_UNKNOWN = 60_000

/**
 * Ends connections that went dark: a network that drops packets, or a Postgres whose machine is gone, closes nothing,
 * and TCP waits a quarter of an hour for an answer. Whoever waits on such a connection fails, as if it had been closed.
 *
 * A long query is no darkness: another connection is asked what Postgres does for each that is in use for long. Nothing
 * for as long, or no answer there either, and it is ended.
 *
 * @param suspicion how long a connection is in use before it is looked at, in milliseconds
 */
export function watchConnections(
  pool: pg.Pool,
  address: PostgresAddress,
  suspicion = SUSPICION,
): Disposable {
  const usedSince = new Map<pg.PoolClient, number>()
  pool.on('acquire', (client) => usedSince.set(client, performance.now()))
  pool.on('release', (_, client) => usedSince.delete(client))
  pool.on('remove', (client) => usedSince.delete(client))
  let looking = false

  const look = async (): Promise<void> => {
    const before = performance.now() - suspicion
    const suspects = [...usedSince].filter(([, since]) => since < before)
    if (suspects.length === 0 || looking) {
      return
    }
    looking = true
    // A refusal is an answer too, of a Postgres that has no connection left for this one, say.
    const backends = await backendsOf(address, suspicion).catch((error: unknown) =>
      isRefusal(error) ? NOTHING_KNOWN : null,
    )
    looking = false
    for (const [client, since] of suspects) {
      const sinceThen = usedSince.get(client) === since
      if (sinceThen && isDark(client, performance.now() - since, backends)) {
        usedSince.delete(client)
        void (client as pg.PoolClient & Pick<pg.Client, 'end'>).end()
      }
    }
  }
  const timer = setInterval(() => void look(), suspicion / 4).unref()
  return { [Symbol.dispose]: () => clearInterval(timer) }
}

/** Whether each backend has done nothing for long. */
type Backends = ReadonlyMap<number, boolean>
const NOTHING_KNOWN: Backends = new Map()

function isDark(client: pg.PoolClient, usedFor: number, backends: Backends | null): boolean {
  if (backends === null) {
    return true
  }
  const id = 'processID' in client ? Number(client.processID) : Number.NaN
  return backends.get(id) ?? usedFor > LONGEST_UNKNOWN
}

async function backendsOf(address: PostgresAddress, suspicion: number): Promise<Backends> {
  const client = new pg.Client({
    ...address,
    connectionTimeoutMillis: PATIENCE,
    query_timeout: PATIENCE,
  })
  client.on('error', () => undefined)
  try {
    await client.connect()
    const { rows } = await client.query<{ pid: number; idle: boolean }>(
      `select pid, state <> 'active' and state_change < now() - make_interval(secs => $1) as idle
      from pg_stat_activity where datname = current_database()`,
      [suspicion / 1000],
    )
    return new Map(rows.map(({ pid, idle }) => [pid, idle]))
  } finally {
    // Not awaited: into the dark even a goodbye takes long.
    void client.end()
  }
}
