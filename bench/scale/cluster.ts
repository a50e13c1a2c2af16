import { sql } from 'kysely'
import { connect } from '../../db/engine/connect.ts'
import type { Database } from '../../db/engine/database.ts'
import { startDurablePostgres } from '../measure/postgres.ts'
import { createUsageReader } from '../measure/postgres-usage.ts'
import { processTreeCpu, residentMemory } from '../measure/proc.ts'
import { createTemporaryFolder } from '../measure/temporary-folder.ts'
import { startServer } from '../server/started-server.ts'

/** Nodes on one Postgres, each a process. */
export type ClusterUnderLoad = AsyncDisposable & {
  urls: readonly string[]
  database: Database
  /** Microseconds since the start: of each node, and of all of Postgres. */
  cpu(): Promise<{ nodes: number[]; postgres: number }>
  walBytes(): Promise<number>
  /** Bytes that the first node has in memory. */
  memory(): Promise<number>
}

export async function startCluster(nodes: number, provider: string): Promise<ClusterUnderLoad> {
  await using opened = new AsyncDisposableStack()
  const folder = opened.use(await createTemporaryFolder())
  const postgres = opened.use(
    await startDurablePostgres({ shared_preload_libraries: 'pg_stat_statements' }),
  )
  const databaseUrl = await postgres.createDatabase('scale')
  const settings = {
    ...{ DATA_DIR: folder.path, DATABASE_URL: databaseUrl },
    ...{ OPENAI_BASE_URL: provider, OPENAI_API_KEY: 'bench', LLM_MODEL: 'bench-model' },
    // No answer is cut, and no summary is written meanwhile.
    ...{
      LLM_MAX_TOKENS: '100000',
      LLM_CONTEXT_WINDOW: '1000000',
      SESSION_GRACE_SECONDS: '86000',
    },
  }
  const servers = []
  for (let started = 0; started < nodes; started += 1) {
    servers.push(opened.use(await startServer(settings)))
  }
  const database = opened.adopt(await connect({ databaseUrl, poolSize: 1 }), (one) => one.close())
  await sql`create extension pg_stat_statements`.execute(database.db)
  const usage = await createUsageReader(database.db, 'postgres')
  const pids = servers.map((server) => server.process.pid ?? 0)
  const resources = opened.move()
  return {
    urls: servers.map(({ url }) => url),
    database,
    cpu: async () => ({
      nodes: await Promise.all(pids.map(processTreeCpu)),
      postgres: (await usage()).cpu,
    }),
    walBytes: async () => (await usage()).walBytes,
    memory: async () => (await residentMemory(pids[0] ?? 0)).now,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}
