import pg from 'pg'
import { startPostgres } from '../../scripts/testing/postgres/postgres-server.ts'

/**
 * A Postgres of its own for one benchmark, with durable settings as in production: no acknowledged commit can be lost.
 */
export async function startDurablePostgres(settings: Record<string, string> = {}) {
  const server = await startPostgres({
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',
    shared_buffers: '256MB',
    max_wal_size: '4GB',
    max_connections: '100',
    ...settings,
  })
  return {
    /** Makes an empty database and returns its connection string. */
    createDatabase: async (name: string): Promise<string> => {
      const client = new pg.Client({ connectionString: server.url('postgres') })
      await client.connect()
      try {
        await client.query(`create database ${client.escapeIdentifier(name)}`)
      } finally {
        await client.end()
      }
      return server.url(name)
    },
    [Symbol.asyncDispose]: () => server.stop(),
  }
}
