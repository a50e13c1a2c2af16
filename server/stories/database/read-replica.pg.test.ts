import pg from 'pg'
import { expect, test } from 'vitest'
import { startReplica } from '../../../scripts/testing/postgres/postgres-replica.ts'
import { startPostgres } from '../../../scripts/testing/postgres/postgres-server.ts'
import { startTestServer } from '../../testing/test-server.ts'

test('search and usage are read from the replica, and from the primary when it is away', async () => {
  await using opened = new AsyncDisposableStack()
  const primary = await startPostgres({ wal_keep_size: '256MB' })
  opened.defer(() => primary.stop())
  const replica = await startReplica(primary, 'replica')
  let isStopped = false
  const stop = async () => {
    if (!isStopped) await replica.stop()
    isStopped = true
  }
  opened.defer(stop)
  const env = {
    DATABASE_URL: primary.url('postgres'),
    DATABASE_READ_URL: replica.url('postgres'),
  }
  const { caller } = opened.use(await startTestServer({ env }))
  const found = async (query: string) =>
    (await caller.sessions.search({ query })).map(({ title }) => title)
  await caller.sessions.create({ id: crypto.randomUUID(), title: 'The lighthouse' })
  await expect.poll(() => found('lighthouse')).toEqual(['The lighthouse'])

  const onReplica = new pg.Client({ connectionString: replica.url('postgres') })
  await onReplica.connect()
  onReplica.on('error', () => undefined)
  await onReplica.query('select pg_wal_replay_pause()')
  // It is a request: what is being replayed may still be.
  const pauseState = () =>
    onReplica.query('select pg_get_wal_replay_pause_state() as state').then(({ rows }) => rows)
  await expect.poll(pauseState).toEqual([{ state: 'paused' }])
  await caller.sessions.create({ id: crypto.randomUUID(), title: 'The aardvark' })
  // The primary is not behind.
  const { items } = await caller.sessions.list({})
  expect(items.map(({ title }) => title)).toContain('The aardvark')
  expect(await found('aardvark')).toEqual([])
  await onReplica.query('select pg_wal_replay_resume()')
  await expect.poll(() => found('aardvark')).toEqual(['The aardvark'])

  await onReplica.end()
  await stop()
  await caller.sessions.create({ id: crypto.randomUUID(), title: 'The harbour' })
  expect(await found('harbour')).toEqual(['The harbour'])
  expect(await caller.usage.daily({ timeZone: 'UTC' })).toBeDefined()
})
