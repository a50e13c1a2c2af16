import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { connect } from '../../db/engine/connect.ts'
import { JobRunner } from '../../server/jobs/runner.ts'
import { migrate } from '../../db/engine/migrate.ts'
import { startPostgres } from './postgres-server.ts'

declare module 'vitest' {
  interface ProvidedContext {
    postgres: {
      /** The database that others are created and dropped from. */
      adminUrl: string
      /** Name of a migrated database, for `create database … template …`. */
      template: string
    }
  }
}

/** Global setup of the tests on real Postgres: one server per run, with a migrated template database. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startPostgres({
    // The data is temporary, so nothing has to reach the disk.
    fsync: 'off',
    full_page_writes: 'off',
    max_connections: '200',
  })
  const adminUrl = server.url('postgres')
  const template = 'template_migrated'
  try {
    console.log(
      `Environment: ${await prepare(adminUrl, template)} (from npm, on a socket of its own)`,
    )
    const database = await connect({ databaseUrl: server.url(template) })
    await migrate(database.db)
    // Otherwise the server of each test would create the queues.
    const jobs = new JobRunner(database, () => undefined)
    await jobs.open()
    await jobs.close()
    await database.close()
  } catch (error) {
    await server.stop()
    throw error
  }
  project.provide('postgres', { adminUrl, template })
  return () => server.stop()
}

/** Creates the empty template; returns the server's version text. */
async function prepare(adminUrl: string, template: string): Promise<string> {
  const client = new pg.Client({ connectionString: adminUrl })
  await client.connect()
  try {
    await client.query(`create database ${client.escapeIdentifier(template)}`)
    const { rows } = await client.query<{ server_version: string }>('show server_version')
    return `PostgreSQL ${rows[0]?.server_version ?? ''}`
  } finally {
    await client.end()
  }
}
