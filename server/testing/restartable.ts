import { memoryDatabase } from '../../db/engine/testing.ts'
import type { Database } from '../../db/engine/database.ts'
import { startTestApp } from './app.ts'
import type { Storage, TestApp, TestAppOptions } from './app.ts'

/** Starts servers one after the other on one database, like a process that is restarted. */
export async function restartable(storage: Storage, options: TestAppOptions = {}) {
  const env = { ...storage.env, ...options.env }
  const kept = env.DATA_DIR === 'memory:' ? await memoryDatabase() : null
  const open = kept && (async (): Promise<Database> => ({ ...kept, close: async () => undefined }))
  return {
    start: (more: TestAppOptions = {}): Promise<TestApp> =>
      startTestApp({ ...options, ...(open && { openDatabase: open }), ...more, env }),
    [Symbol.asyncDispose]: async () => kept?.close(),
  }
}
