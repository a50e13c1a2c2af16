import type { Duplex } from 'node:stream'
import pg from 'pg'
import type { PostgresAddress } from './address.ts'
import { isRefusal } from '../database-errors.ts'

/** A connection that is in use for this long is checked. */
const CHECK_AFTER_MS = 10_000
/** The longest that the check may take. */
const CHECK_TIMEOUT_MS = 5_000
/** Behind a pooler, Postgres may not know the backend of a connection. Such a connection is ended after this long. */
const UNKNOWN_BACKEND_TIMEOUT_MS = 60_000

/**
 * Ends stalled connections. A network that drops packets, or a Postgres whose machine is gone, closes nothing, and TCP
 * waits a quarter of an hour for an answer. Queries on an ended connection fail as if the server had closed it.
 *
 * A long query is not a stall: a second connection asks Postgres what the backend of each long-used connection does. A
 * connection is ended when its backend has been idle for as long, or when Postgres does not answer the second
 * connection either.
 * @param checkAfterMs milliseconds for which a connection is in use before it is checked
 */
export function watchForStalledConnections(
  pool: pg.Pool,
  address: PostgresAddress,
  checkAfterMs = CHECK_AFTER_MS,
): Disposable {
  const usedSince = new Map<pg.PoolClient, number>()
  pool.on('acquire', (client) => usedSince.set(client, performance.now()))
  pool.on('release', (_, client) => usedSince.delete(client))
  pool.on('remove', (client) => usedSince.delete(client))
  let looking = false

  const look = async (): Promise<void> => {
    const before = performance.now() - checkAfterMs
    const suspects = [...usedSince].filter(([, since]) => since < before)
    if (suspects.length === 0 || looking) {
      return
    }
    looking = true
    // A refusal, such as "too many connections", is an answer too: Postgres is reachable.
    const backends = await backendsOf(address, checkAfterMs).catch((error: unknown) =>
      isRefusal(error) ? NO_BACKENDS : null,
    )
    looking = false
    for (const [client, since] of suspects) {
      const sinceThen = usedSince.get(client) === since
      if (sinceThen && isStalled(client, performance.now() - since, backends)) {
        usedSince.delete(client)
        // `end` would wait for the answers to the pipelined statements, which do not come.
        socketOf(client)?.destroy()
      }
    }
  }
  const timer = setInterval(() => void look(), checkAfterMs / 4).unref()
  return { [Symbol.dispose]: () => clearInterval(timer) }
}

function socketOf(client: object): Duplex | undefined {
  return (client as { connection?: { stream: Duplex } }).connection?.stream
}

/** By backend process id: true when the backend has been idle for at least the given time. */
type Backends = ReadonlyMap<number, boolean>
const NO_BACKENDS: Backends = new Map()

function isStalled(client: pg.PoolClient, usedForMs: number, backends: Backends | null): boolean {
  if (backends === null) {
    return true
  }
  const id = 'processID' in client ? Number(client.processID) : Number.NaN
  return backends.get(id) ?? usedForMs > UNKNOWN_BACKEND_TIMEOUT_MS
}

async function backendsOf(address: PostgresAddress, checkAfterMs: number): Promise<Backends> {
  const client = new pg.Client({
    ...address,
    connectionTimeoutMillis: CHECK_TIMEOUT_MS,
    query_timeout: CHECK_TIMEOUT_MS,
  })
  client.on('error', () => undefined)
  try {
    await client.connect()
    const { rows } = await client.query<{ pid: number; idle: boolean }>(
      `select pid, state <> 'active' and state_change < now() - make_interval(secs => $1) as idle
      from pg_stat_activity where datname = current_database()`,
      [checkAfterMs / 1000],
    )
    return new Map(rows.map(({ pid, idle }) => [pid, idle]))
  } finally {
    // Not awaited: on a stalled connection, closing takes long as well.
    void client.end()
  }
}
