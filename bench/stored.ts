import { sql } from 'kysely'
import { connect } from '../db/engine/connect.ts'
import type { Database, Db } from '../db/engine/database.ts'
import { pruneLogs } from '../db/queries/log/retention.ts'
import { partitionEvents } from '../db/queries/log/partitions.ts'
import { partsOf } from '../db/queries/transfer/tables.ts'
import { newId } from '../shared/contract/new-id.ts'
import type { SessionId } from '../shared/contract/ids.ts'
import { Samples } from './measure/distribution.ts'
import { startDurablePostgres } from './measure/postgres.ts'
import { createUsageReader } from './measure/postgres-usage.ts'
import { formatTable } from './measure/table.ts'
import { createTemporaryFolder } from './measure/temporary-folder.ts'
import type { Options } from './options.ts'
import { readSizes } from './scale/counters.ts'
import { startServer } from './server/started-server.ts'
import { fillSessions } from './stored/fill.ts'

const PARTITIONS = 32
/** The requests of each kind, and commits of tokens with their rows. */
const REQUESTS = 200
const COMMITS = 400
const ROWS = 50

type Cost = { p50: number; p95: number; postgresMs: number }

/**
 * Measures the cost of stored sessions: size, requests of one person, and the log as one table and divided into
 * partitions. CPU times are valid on a busy machine too; durations depend on the machine.
 */
export async function benchStored({ sessions }: Options) {
  const figures = []
  for (const count of sessions) {
    const measured = await measure(count)
    console.log(`${count} sessions: ${JSON.stringify(measured)}`)
    figures.push({ sessions: count, ...measured })
  }
  console.log(
    `\n${formatTable(
      ['sessions', 'request', 'p50 ms', 'p95 ms', 'CPU of Postgres, ms'],
      figures.flatMap(({ sessions: count, requests }) =>
        Object.entries(requests).map(([name, { p50, p95, postgresMs }]) => [
          ...[count, name, p50, p95, postgresMs],
        ]),
      ),
    )}\n`,
  )
  return figures
}

async function measure(sessions: number) {
  await using opened = new AsyncDisposableStack()
  const folder = opened.use(await createTemporaryFolder())
  const postgres = opened.use(await startDurablePostgres())
  const databaseUrl = await postgres.createDatabase('stored')
  const settings = { DATA_DIR: folder.path, DATABASE_URL: databaseUrl }
  let owner = ''
  {
    await using server = await startServer(settings)
    owner = (await ask<{ id: string }>(server.url, 'GET', '/api/me')).id
  }
  const database = opened.adopt(await connect({ databaseUrl, poolSize: 1 }), (one) => one.close())
  const { db } = database
  await patiently(db, (one) => fillSessions(one, owner, sessions))
  const sizes = await readSizes(database)
  const requests = await measureRequests(database, settings)
  const whole = await measureLog(database)
  const usage = await createUsageReader(db, 'postgres')
  const long = <T>(work: (one: Db) => Promise<T>) => used(usage, () => patiently(db, work))
  const dividing = await long((one) => partitionEvents(one, { partitions: PARTITIONS }))
  const divided = await measureLog(database)
  const dividedRequests = await measureRequests(database, settings)
  // Half of the sessions are older, then half of the remaining ones.
  const before = new Date(Date.now() - (sessions / 2) * 60_000).toISOString()
  const pruned = await long((one) => pruneLogs(one, { before }))
  const vacuum = await long((one) => sql`vacuum events`.execute(one).then(() => null))
  const afterDeleting = await eventBytes(database)
  const later = new Date(Date.now() - (sessions / 4) * 60_000).toISOString()
  const rewritten = await long((one) => pruneLogs(one, { before: later, rewrite: true }))
  const afterRewriting = await eventBytes(database)
  return {
    ...{ sizes, requests, whole, dividing, divided, dividedRequests },
    ...{ pruned, vacuum, afterDeleting, rewritten, afterRewriting },
  }
}

/** Uses one connection without a statement timeout. */
function patiently<T>(db: Db, work: (one: Db) => Promise<T>): Promise<T> {
  return db.connection().execute(async (one) => {
    await sql`select set_config('statement_timeout', '0', false)`.execute(one)
    return work(one)
  })
}

async function measureRequests(
  { db }: Database,
  settings: Record<string, string>,
): Promise<Record<string, Cost>> {
  await using server = await startServer(settings)
  const usage = await createUsageReader(db, 'postgres')
  const { items } = await ask<{ items: { id: string }[] }>(
    server.url,
    'GET',
    '/api/session?limit=50',
  )
  const some = (index: number) => items[index % items.length]?.id ?? ''
  const kinds: Record<string, (index: number) => Promise<unknown>> = {
    list: () => ask(server.url, 'GET', '/api/session?limit=50'),
    open: (index) => ask(server.url, 'GET', `/api/session/${some(index)}/details`),
    search: (index) => ask(server.url, 'GET', `/api/session/search?query=w${index * 37}&limit=20`),
    send: (index) =>
      ask(server.url, 'POST', `/api/session/${some(index)}/messages`, { text: 'Say: yes.' }),
  }
  const costs: Record<string, Cost> = {}
  for (const [name, request] of Object.entries(kinds)) {
    for (let index = 0; index < 20; index += 1) await request(index)
    const samples = new Samples()
    const before = await usage()
    const count = name === 'send' ? items.length : REQUESTS
    for (let index = 0; index < count; index += 1) {
      const began = performance.now()
      await request(index)
      samples.add(performance.now() - began)
    }
    const after = await usage()
    const { p50, p95 } = samples.distribution()
    costs[name] = { p50, p95, postgresMs: (after.cpu - before.cpu) / 1_000 / count }
  }
  return costs
}

/** Measures the cost of a token in a batch of many sessions, and of reading the events that a reader lacks. */
async function measureLog(database: Database) {
  const { db } = database
  const usage = await createUsageReader(db, 'postgres')
  const { rows } = await sql<{ id: SessionId; head: number }>`
    select session_id as id, max(seq) as head from events
    where session_id in (select id from sessions order by md5(id::text) limit ${ROWS}) group by 1`.execute(
    db,
  )
  let place = 1_000 + Math.max(...rows.map(({ head }) => head))
  const data = JSON.stringify({ type: 'chunk', runId: newId(), part: 0, offset: 1, text: 'word ' })
  const insert = await used(usage, async () => {
    for (let commit = 0; commit < COMMITS; commit += 1) {
      place += 1
      const batch = rows.map(({ id }) => {
        return { sessionId: id, seq: place, runId: null, type: 'chunk', data }
      })
      await database.insertChunks(batch)
    }
  })
  const read = await used(usage, async () => {
    for (let index = 0; index < REQUESTS * 5; index += 1) {
      const id = rows[index % rows.length]?.id
      await sql`
        select seq, created_at, run_id, type, data from events where session_id = ${id} and seq > 0
        order by seq limit 500`.execute(db)
    }
  })
  const tokens = COMMITS * rows.length
  return {
    ...{ insertMicros: (insert.cpuMs * 1_000) / tokens, walBytes: insert.walBytes / tokens },
    readMs: read.cpuMs / (REQUESTS * 5),
    bytes: await eventBytes(database),
  }
}

async function eventBytes(database: Database): Promise<number> {
  const parts = await partsOf(database.db, 'events')
  const sizes = await readSizes(database)
  return parts.reduce((sum, part) => sum + (sizes[part] ?? 0), 0)
}

async function used<T>(
  usage: Awaited<ReturnType<typeof createUsageReader>>,
  work: () => Promise<T>,
) {
  const before = await usage()
  const began = performance.now()
  const result = await work()
  const seconds = (performance.now() - began) / 1_000
  const after = await usage()
  return {
    ...{ seconds, cpuMs: (after.cpu - before.cpu) / 1_000 },
    ...{ walBytes: after.walBytes - before.walBytes, result },
  }
}

async function ask<T>(url: string, method: string, path: string, body?: unknown): Promise<T> {
  const answer = await fetch(`${url}${path}`, {
    method,
    ...(body !== undefined && {
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    }),
  })
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
  return (await answer.json()) as T
}
