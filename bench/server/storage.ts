import type { Database } from '../../db/connect.ts'
import { startDurablePostgres } from '../measure/postgres.ts'
import { createTemporaryFolder } from '../measure/temporary-folder.ts'

/** The settings of a server that keeps what it has in a place of its own, for as long as `opened` lives. */
export async function openStorage(
  kind: Database['kind'],
  opened: AsyncDisposableStack,
): Promise<Record<string, string>> {
  const folder = opened.use(await createTemporaryFolder())
  if (kind === 'embedded') return { DATA_DIR: folder.path }
  const postgres = opened.use(await startDurablePostgres())
  return { DATA_DIR: folder.path, DATABASE_URL: await postgres.createDatabase('server') }
}
