import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { createCA, createCert } from 'mkcert'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startPostgres } from '../../../scripts/testing/postgres/postgres-server.ts'
import { createApp } from '../../app.ts'
import { readConfig } from '../../config/config.ts'
import { explainStartFailure } from '../../config/start-failure.ts'
import { createScriptedModel } from '../../testing/scripted-model.ts'
import { connect } from '../../../db/engine/connect.ts'
import { migrate } from '../../../db/engine/migrate.ts'
import { freePort } from '../../../scripts/testing/free-port.ts'

const NOBODY = 65_534
const opened = new AsyncDisposableStack()
let folder = ''
let port = 0
const file = (name: string) => join(folder, name)

/** A Postgres on loopback with a certificate for `localhost` of an unknown authority. */
beforeAll(async () => {
  folder = opened.adopt(await mkdtemp(join(tmpdir(), 'tls-')), (path) =>
    rm(path, { recursive: true }),
  )
  const name = { organization: 'Test', countryCode: 'XX', state: '-', locality: '-', validity: 2 }
  const authority = await createCA(name)
  const server = await createCert({
    ca: { key: authority.key, cert: authority.cert },
    domains: ['localhost'],
    validity: 2,
  })
  const stranger = await createCA(name)
  await writeFile(file('root.crt'), authority.cert)
  await writeFile(file('stranger.crt'), stranger.cert)
  await writeFile(file('server.crt'), server.cert)
  await writeFile(file('server.key'), server.key, { mode: 0o600 })
  if (process.getuid?.() === 0) {
    await Promise.all(
      ['.', 'server.crt', 'server.key'].map((path) => chown(file(path), NOBODY, NOBODY)),
    )
  }
  port = await freePort()
  const postgres = await startPostgres({
    fsync: 'off',
    listen_addresses: '127.0.0.1',
    port: String(port),
    ssl: 'on',
    ssl_cert_file: file('server.crt'),
    ssl_key_file: file('server.key'),
  })
  opened.defer(() => postgres.stop())
})
afterAll(() => opened.disposeAsync())

const url = (host: string, query: string) =>
  `postgres://postgres@${host}:${port}/postgres${query && `?${query}`}`
const withRoot = (name: string) => `sslrootcert=${encodeURIComponent(file(name))}`

async function encrypted(databaseUrl: string): Promise<boolean> {
  const database = await connect({ databaseUrl })
  try {
    const { rows } = await sql<{ ssl: boolean }>`
      select ssl from pg_stat_ssl where pid = pg_backend_pid()`.execute(database.db)
    return rows[0]?.ssl === true
  } finally {
    await database.close()
  }
}

async function startFailure(databaseUrl: string): Promise<string> {
  const config = readConfig({ DATABASE_URL: databaseUrl, SERVER_PORT: '0' })
  const error = await createApp({
    config,
    logger: pino({ level: 'silent' }),
    model: createScriptedModel(),
  }).then(
    () => new Error('it started'),
    (reason: unknown) => reason,
  )
  return explainStartFailure(error, config)
}

describe('over TLS', () => {
  test('a verified connection is encrypted', async () => {
    expect(await encrypted(url('localhost', withRoot('root.crt')))).toBe(true)
    expect(await encrypted(url('localhost', `sslmode=verify-full&${withRoot('root.crt')}`))).toBe(
      true,
    )
  })

  test('only the chain is verified, or nothing, where the address says so', async () => {
    expect(await encrypted(url('127.0.0.1', `sslmode=verify-ca&${withRoot('root.crt')}`))).toBe(
      true,
    )
    expect(await encrypted(url('127.0.0.1', 'sslmode=require'))).toBe(true)
    expect(await encrypted(url('127.0.0.1', 'sslmode=no-verify'))).toBe(true)
    expect(await encrypted(url('127.0.0.1', 'sslmode=disable'))).toBe(false)
    expect(await encrypted(url('127.0.0.1', ''))).toBe(false)
  })

  test('an authority that is not known, and another name, are refused with what to set', async () => {
    for (const refused of [
      url('localhost', 'sslmode=verify-full'),
      url('localhost', `sslmode=verify-ca&${withRoot('stranger.crt')}`),
      url('127.0.0.1', `sslmode=verify-full&${withRoot('root.crt')}`),
    ]) {
      expect(await startFailure(refused)).toMatch(
        /^The certificate of the database server cannot be verified \([A-Z_]+\)\. Name its authority in DATABASE_URL with sslrootcert=FILE .* or add sslmode=require/,
      )
    }
    expect(await startFailure(url('localhost', withRoot('none.crt')))).toBe(
      'DATABASE_URL: the file that sslrootcert names cannot be read.',
    )
  })

  test('a server without TLS is named as one', async () => {
    const plain = await freePort()
    await using postgres = new AsyncDisposableStack()
    const server = await startPostgres({
      fsync: 'off',
      listen_addresses: '127.0.0.1',
      port: String(plain),
    })
    postgres.defer(() => server.stop())
    expect(
      await startFailure(`postgres://postgres@localhost:${plain}/postgres?sslmode=verify-full`),
    ).toMatch(/^The database server takes no TLS\. .* add sslmode=disable to DATABASE_URL\.$/)
  })

  test('every connection of a server goes through it: pool, listener and jobs', async () => {
    const databaseUrl = url('localhost', `sslmode=verify-full&${withRoot('root.crt')}`)
    await using app = await createApp({
      config: readConfig({ DATABASE_URL: databaseUrl, SERVER_PORT: '0' }),
      logger: pino({ level: 'silent' }),
      model: createScriptedModel(),
    })
    const { db } = app.services.database
    const connections = async () => {
      const { rows } = await sql<{ ssl: boolean; listens: boolean }>`
        select ssl, query ilike 'listen%' or query = 'select 1' as listens
        from pg_stat_activity join pg_stat_ssl using (pid)
        where datname = 'postgres' and backend_type = 'client backend'`.execute(db)
      return rows
    }
    await expect.poll(async () => (await connections()).some(({ listens }) => listens)).toBe(true)
    expect((await connections()).every(({ ssl }) => ssl)).toBe(true)
  })
})

test('the time of a statement is bounded, but not of a migration', async () => {
  const database = await connect({ databaseUrl: url('localhost', withRoot('root.crt')) })
  const settings = async () =>
    (
      await sql<{ name: string; setting: string }>`
      select name, setting from pg_settings where name in ('statement_timeout', 'lock_timeout') order by name`.execute(
        database.db,
      )
    ).rows.map(({ setting }) => Number(setting))
  expect(await settings()).toEqual([15_000, 60_000])
  await migrate(database.db)
  expect(await settings()).toEqual([15_000, 60_000])
  await database.close()
})
