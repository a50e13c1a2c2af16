import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { DatabaseUrlError, isLoopbackHost, postgresAddress } from './address.ts'

const verified = { rejectUnauthorized: true }
const unverified = { rejectUnauthorized: false }
const chainOnly = { rejectUnauthorized: true, checkServerIdentity: expect.any(Function) }
const REMOTE = 'postgres://me:word@db.example.com:5432/talk'
const LOCAL = 'postgres://me:word@127.0.0.1:5432/talk'

describe('a connection to Postgres', () => {
  test.each([
    [REMOTE, verified],
    ['postgres://me@10.0.0.7/talk', verified],
    ['postgres://me@[2001:db8::1]/talk', verified],
    ['postgres://me@localhost.example.com/talk', verified],
    ['postgres://me@127.0.0.1.example.com/talk', verified],
    ['postgres://me@localhost/talk?host=db.example.com', verified],
    [LOCAL, false],
    ['postgres://me@localhost/talk', false],
    ['postgres://me@[::1]:5433/talk', false],
    ['postgres://me@localhost/talk?host=%2Fvar%2Frun%2Fpostgresql', false],
    ['postgres://me@db.example.com/talk?host=/tmp&sslmode=verify-full', false],
    [`${REMOTE}?sslmode=disable`, false],
    [`${REMOTE}?sslmode=allow`, unverified],
    [`${REMOTE}?sslmode=prefer`, unverified],
    [`${REMOTE}?sslmode=require`, unverified],
    [`${REMOTE}?sslmode=no-verify`, unverified],
    [`${REMOTE}?sslmode=verify-ca`, chainOnly],
    [`${REMOTE}?sslmode=verify-full`, verified],
    [`${REMOTE}?application_name=x&sslmode=`, verified],
    [`${REMOTE}?ssl=true`, verified],
    [`${REMOTE}?ssl=0`, false],
    [`${REMOTE}?uselibpqcompat=true`, verified],
    [`${LOCAL}?sslmode=prefer`, false],
    [`${LOCAL}?sslmode=require`, unverified],
    [`${LOCAL}?sslmode=verify-full`, verified],
  ])('%s', (url, ssl) => {
    expect(postgresAddress(url, {}).ssl).toEqual(ssl)
  })

  test('goes by PGSSLMODE where the address says nothing, and by the address where it does', () => {
    expect(postgresAddress(REMOTE, { PGSSLMODE: 'disable' }).ssl).toBe(false)
    expect(postgresAddress(`${REMOTE}?sslmode=verify-full`, { PGSSLMODE: 'disable' }).ssl).toEqual(
      verified,
    )
  })

  test('keeps everything else of the address', () => {
    const url = 'postgres://me:w%40rd@h/talk?application_name=a%20b&sslmode=require&host=db'
    expect(postgresAddress(url, {}).connectionString).toBe(
      'postgres://me:w%40rd@h/talk?application_name=a%20b&host=db',
    )
    expect(postgresAddress(`${REMOTE}?sslmode=require`, {}).connectionString).toBe(REMOTE)
  })

  test('asks the authority that is named', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'authority-'))
    const file = join(folder, 'root.crt')
    await writeFile(file, 'the authority')
    const named = `sslrootcert=${encodeURIComponent(file)}`
    expect(postgresAddress(`${LOCAL}?${named}`, {}).ssl).toEqual({
      ...verified,
      ca: 'the authority',
    })
    expect(postgresAddress(`${REMOTE}?sslmode=require&${named}`, {}).ssl).toEqual({
      ...chainOnly,
      ca: 'the authority',
    })
    expect(postgresAddress(REMOTE, { PGSSLROOTCERT: file }).ssl).toEqual({
      ...verified,
      ca: 'the authority',
    })
    expect(postgresAddress(`${REMOTE}?sslrootcert=system`, {}).ssl).toEqual(verified)
    await rm(folder, { recursive: true })
    expect(() => postgresAddress(`${REMOTE}?${named}`, {})).toThrow(DatabaseUrlError)
  })

  test('is refused where it asks for what there is not, without telling the password', () => {
    expect(() => postgresAddress(`${REMOTE}?sslmode=verify`, {})).toThrow(
      'DATABASE_URL: sslmode must be one of disable, allow, prefer,',
    )
    expect(() => postgresAddress(`${REMOTE}?sslmode=verify`, {})).not.toThrow('word')
  })
})

test.each([
  ['localhost', true],
  ['LOCALHOST', true],
  ['127.0.0.1', true],
  ['127.9.9.9', true],
  ['::1', true],
  ['[::1]', true],
  ['::ffff:127.0.0.1', true],
  ['0.0.0.0', false],
  ['127.0.0.1.nip.io', false],
  ['localhost.', false],
  ['db', false],
  ['', false],
])('the host %s is loopback: %s', (host, loopback) => {
  expect(isLoopbackHost(host)).toBe(loopback)
})
