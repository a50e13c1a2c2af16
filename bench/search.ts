import { sql } from 'kysely'
import type { Database } from '../db/engine/database.ts'
import { connect } from '../db/engine/connect.ts'
import { migrate } from '../db/engine/migrate.ts'
import { chooseLookup } from '../db/queries/sessions/search-lookup.ts'
import { listSessions } from '../db/queries/sessions/session-list.ts'
import { searchSessions } from '../server/sessions/search.ts'
import { Samples } from './measure/distribution.ts'
import type { Distribution } from './measure/distribution.ts'
import { startDurablePostgres } from './measure/postgres.ts'
import { formatTable } from './measure/table.ts'
import { TEMPLATE_DIR, createTemporaryFolder } from './measure/temporary-folder.ts'
import type { Options } from './options.ts'
import { QUERIES, fill } from './search/fill.ts'
import { createLanguage } from './search/language.ts'

/** Durations of one kind of query, in milliseconds. */
type Measured = {
  database: Database['kind']
  messages: number
  kind: string
  /** The fraction of the queries that found something. */
  found: number
  search: Distribution
  /** The first page of the session list, filtered by the same words. */
  list: Distribution
}

/** Per kind; 200 queries in all. */
const QUERIES_OF_A_KIND = 25

/** Measures search and the filtered session list over many messages of one person, on both databases. */
export async function benchSearch(options: Options): Promise<Measured[]> {
  const figures: Measured[] = []
  for (const kind of options.databases) {
    await using opened = new AsyncDisposableStack()
    const database = opened.adopt(await openDatabase(kind, opened), (open) => open.close())
    await migrate(database.db)
    figures.push(...(await measure(database, options.messages)))
  }
  const rows = figures.map(({ database, kind, found, search, list }) => [
    database,
    kind,
    `${Math.round(found * 100)} %`,
    search.p50,
    search.p95,
    search.max,
    list.p50,
    list.p95,
  ])
  const heading = ['database', 'query', 'found', 'p50 ms', 'p95', 'max', 'list p50', 'list p95']
  console.log(`\n${formatTable(heading, rows)}\n`)
  return figures
}

async function measure({ kind: database, db }: Database, messages: number): Promise<Measured[]> {
  const language = createLanguage(1)
  const began = performance.now()
  const userId = await fill(db, language, messages)
  // Autovacuum would analyze the tables of a Postgres within a minute; an embedded database has no autovacuum.
  if (database === 'postgres') await sql`analyze`.execute(db)
  const seconds = (performance.now() - began) / 1000
  console.error(`${database}: stored ${messages} messages in ${seconds.toFixed(1)} s`)
  const figures: Measured[] = []
  for (const [kind, query] of Object.entries(QUERIES)) {
    const [search, list] = [new Samples(), new Samples()]
    let found = 0
    for (let done = 0; done < QUERIES_OF_A_KIND; done += 1) {
      const words = query(language)
      const searched = performance.now()
      const hits = await searchSessions(db, userId, words, 20)
      const listed = performance.now()
      const lookup = await chooseLookup(db, userId, words)
      if (lookup) await listSessions(db, { userId, limit: 51, archived: false, lookup })
      search.add(listed - searched)
      list.add(performance.now() - listed)
      found += hits.length > 0 ? 1 : 0
    }
    figures.push({
      database,
      messages,
      kind,
      found: found / QUERIES_OF_A_KIND,
      search: search.distribution(),
      list: list.distribution(),
    })
    console.error(`${database} ${kind}: p50 ${search.distribution().p50.toFixed(1)} ms`)
  }
  return figures
}

async function openDatabase(kind: Database['kind'], opened: AsyncDisposableStack) {
  if (kind === 'postgres') {
    const postgres = opened.use(await startDurablePostgres())
    return connect({ databaseUrl: await postgres.createDatabase('search') })
  }
  const folder = opened.use(await createTemporaryFolder())
  return connect({ dataDir: folder.path, templateDir: TEMPLATE_DIR })
}
