import pg from 'pg'
import { connect } from '../../../db/engine/connect.ts'
import { migrate } from '../../../db/engine/migrate.ts'
import { JobRunner } from '../../../server/jobs/runner.ts'
import { startPostgres } from './postgres-server.ts'

export type TemplateServer = {
  /** The database that others are created and dropped from. */
  adminUrl: string
  /** Name of a migrated database, for `create database … template …`. */
  template: string
  /** The server's own version. */
  version: string
  stop(): Promise<void>
}

/** Starts a Postgres with a migrated database to copy. */
export async function startTemplateServer(): Promise<TemplateServer> {
  const server = await startPostgres({
    // The data is temporary, so nothing has to reach the disk.
    fsync: 'off',
    full_page_writes: 'off',
    max_connections: '300',
  })
  const adminUrl = server.url('postgres')
  const template = 'template_migrated'
  try {
    const version = await createDatabase(adminUrl, template)
    const database = await connect({ databaseUrl: server.url(template) })
    await migrate(database.db)
    // The queues are created here, so that not each test's server creates them.
    const jobs = new JobRunner(database, () => undefined)
    await jobs.open()
    await jobs.close()
    await database.close()
    return { adminUrl, template, version, stop: () => server.stop() }
  } catch (error) {
    await server.stop()
    throw error
  }
}

/** Creates the empty template; returns the server's version. */
async function createDatabase(adminUrl: string, template: string): Promise<string> {
  const client = new pg.Client({ connectionString: adminUrl })
  await client.connect()
  try {
    await client.query(`create database ${client.escapeIdentifier(template)}`)
    const { rows } = await client.query<{ server_version: string }>('show server_version')
    return rows[0]?.server_version ?? ''
  } finally {
    await client.end()
  }
}
