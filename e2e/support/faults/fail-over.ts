import pg from 'pg'
import { freePorts } from '../../../scripts/testing/free-port.ts'
import { startReplica } from '../../../scripts/testing/postgres/postgres-replica.ts'
import { startPostgres } from '../../../scripts/testing/postgres/postgres-server.ts'
import { startTcpProxy } from './tcp-proxy.ts'

/** A primary and its streaming replica behind one address, as a name that is pointed at whichever is the primary. */
export type PostgresPair = AsyncDisposable & {
  /** The address of the database for nodes, also after a fail-over. */
  url: string
  /** Of the replica, also before it is promoted. */
  replicaUrl: string
  /** Stops the replication. */
  isolate(): Promise<void>
  /** The primary crashes and does not come back; its replica takes its place. */
  failOver(): Promise<void>
  /** The replica is away until `resumeReplica`. */
  haltReplica(): Promise<void>
  resumeReplica(): Promise<void>
}

/** @param replication `synchronous`: a commit is acknowledged when the replica has it on its disk, too */
export async function startPostgresPair(
  replication: 'synchronous' | 'asynchronous',
): Promise<PostgresPair> {
  await using opened = new AsyncDisposableStack()
  const [port = 0, replicaPort = 0] = await freePorts(2)
  const onLoopback = { listen_addresses: '127.0.0.1', max_connections: '100' }
  const primary = await startPostgres({
    ...onLoopback,
    port: String(port),
    wal_keep_size: '256MB',
  })
  opened.defer(() => primary.stop())
  const line = opened.use(await startTcpProxy(port))
  const replica = await startReplica(primary, 'replica', {
    ...onLoopback,
    port: String(replicaPort),
    primary_conninfo: `host=127.0.0.1 port=${new URL(line.url).port} user=postgres application_name=replica`,
  })
  opened.defer(() => replica.stop())
  const onPrimary = async (...statements: string[]): Promise<void> => {
    const client = new pg.Client({ connectionString: primary.url('postgres') })
    await client.connect()
    try {
      for (const statement of statements) await client.query(statement)
    } finally {
      await client.end()
    }
  }
  if (replication === 'synchronous') {
    await onPrimary(
      `alter system set synchronous_standby_names = 'replica'`,
      'select pg_reload_conf()',
    )
  }
  let current = port
  const proxy = opened.use(await startTcpProxy(() => current))
  const resources = opened.move()
  return {
    url: `postgres://postgres@127.0.0.1:${new URL(proxy.url).port}/postgres`,
    replicaUrl: `postgres://postgres@127.0.0.1:${replicaPort}/postgres`,
    isolate: () => line.cut(),
    failOver: async () => {
      await primary.crash()
      await proxy.cut()
      await replica.promote()
      current = replicaPort
      await proxy.mend()
    },
    haltReplica: () => replica.halt(),
    resumeReplica: () => replica.resume(),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}
