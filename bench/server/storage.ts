import { cp, rm } from 'node:fs/promises'
import type { Database } from '../../db/database.ts'
import { connect } from '../../db/connect.ts'
import { startDurablePostgres } from '../measure/postgres.ts'
import { TEMPLATE_DIR, createTemporaryFolder } from '../measure/temporary-folder.ts'

/** Where a server of a benchmark keeps what it has. */
export type Storage = {
  /** The server's settings. */
  settings: Record<string, string>
  /**
   * Opens the database as a server that ended left it, beside the server: of an embedded one a copy, so that the
   * next server still finds what the last one left.
   */
  openDatabase(): Promise<Database>
}

/** Makes a place of its own, for as long as `opened` lives. */
export async function openStorage(
  kind: Database['kind'],
  opened: AsyncDisposableStack,
): Promise<Storage> {
  const folder = opened.use(await createTemporaryFolder())
  if (kind === 'embedded') {
    const copy = opened.use(await createTemporaryFolder())
    return {
      settings: { DATA_DIR: folder.path },
      openDatabase: async () => {
        await rm(copy.path, { recursive: true, force: true })
        await cp(folder.path, copy.path, { recursive: true })
        return connect({ dataDir: copy.path, templateDir: TEMPLATE_DIR })
      },
    }
  }
  const postgres = opened.use(await startDurablePostgres())
  const databaseUrl = await postgres.createDatabase('server')
  return {
    settings: { DATA_DIR: folder.path, DATABASE_URL: databaseUrl },
    openDatabase: () => connect({ databaseUrl, poolSize: 2 }),
  }
}
