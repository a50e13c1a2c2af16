import { cp, rm } from 'node:fs/promises'
import type { Database } from '../../db/engine/database.ts'
import { connect } from '../../db/engine/connect.ts'
import { startDurablePostgres } from '../measure/postgres.ts'
import { TEMPLATE_DIR, createTemporaryFolder } from '../measure/temporary-folder.ts'

/** The storage of a benchmarked server. */
export type Storage = {
  /** The settings that make a server use this storage. */
  settings: Record<string, string>
  /**
   * Opens the database as an ended server left it. Of an embedded database this is a copy, so that the next server
   * still finds the original.
   */
  openDatabase(): Promise<Database>
}

/** Creates a storage of its own, which is removed when `opened` is disposed. */
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
