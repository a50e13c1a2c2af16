import { execFile } from 'node:child_process'
import { chown, cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { startPostgres } from './postgres-server.ts'
import type { Cluster, PostgresServer } from './postgres-server.ts'

export type PostgresReplica = PostgresServer & {
  /** Promotes it, so that it accepts writes and is not a replica any more. */
  promote(): Promise<void>
}

/** Files that belong to a running server and not to its data. */
const NOT_COPIED = new Set(['postmaster.pid', 'postmaster.opts', 'pg_replslot', 'pg_stat_tmp'])

/**
 * Starts a streaming replica of a server that was started with `wal_keep_size`. The packages of npm have no
 * `pg_basebackup`, so the data is copied as in Postgres's documentation under "Making a Base Backup Using the Low Level
 * API". Resolves when it streams.
 *
 * @param name the `application_name` by which the primary knows it
 */
export async function startReplica(
  primary: PostgresServer,
  name: string,
  settings: Record<string, string> = {},
): Promise<PostgresReplica> {
  const address = new URL(primary.url('postgres'))
  const host = address.searchParams.get('host')
  const conninfo = `host=${host} port=${address.port || '5432'} user=postgres application_name=${name}`
  const replica = await startPostgres(
    { primary_conninfo: conninfo, hot_standby: 'on', ...settings },
    { fill: (cluster) => copyCluster(primary, cluster) },
  )
  const isStreaming = async (): Promise<boolean> => {
    const rows = await query(
      primary,
      `select 1 from pg_stat_replication where state = 'streaming' and application_name = '${name}'`,
    )
    return rows.length === 1
  }
  while (!(await isStreaming())) await new Promise((resolve) => setTimeout(resolve, 20))
  return {
    ...replica,
    promote: async () => {
      await query(replica, 'select pg_promote()')
    },
  }
}

async function copyCluster(primary: PostgresServer, { data, identity }: Cluster): Promise<void> {
  const client = new pg.Client({ connectionString: primary.url('postgres') })
  await client.connect()
  try {
    await client.query(`select pg_backup_start('replica', fast => true)`)
    await copyFolder(primary.cluster.data, data)
    const { rows } = await client.query<{ labelfile: string }>(
      'select labelfile from pg_backup_stop(wait_for_archive => false)',
    )
    await writeFile(join(data, 'backup_label'), rows[0]?.labelfile ?? '')
    await writeFile(join(data, 'standby.signal'), '')
  } finally {
    await client.end()
  }
  if (identity.uid === undefined) return
  await promisify(execFile)('chown', ['-R', `${identity.uid}:${identity.gid}`, data])
  await chown(dirname(data), identity.uid, identity.gid ?? identity.uid)
}

async function copyFolder(from: string, to: string): Promise<void> {
  await cp(from, to, {
    recursive: true,
    filter: (source) => !NOT_COPIED.has(basename(source)),
  })
  await rm(join(to, 'postmaster.pid'), { force: true })
  // The server requires these folders, which may be empty.
  for (const folder of ['pg_replslot', 'pg_stat_tmp']) {
    await mkdir(join(to, folder), { recursive: true, mode: 0o700 })
  }
}

async function query(server: PostgresServer, statement: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: server.url('postgres') })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows
  } finally {
    await client.end()
  }
}
