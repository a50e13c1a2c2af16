import { fileURLToPath } from 'node:url'
import type { ConnectOptions } from './connect.ts'

/** An embedded database in memory, copied from the migrated template. */
export async function memoryDatabase(): Promise<AsyncDisposable & { options: ConnectOptions }> {
  const templateDir = fileURLToPath(new URL('../node_modules/.cache/throughline', import.meta.url))
  return {
    options: { dataDir: 'memory:', templateDir },
    [Symbol.asyncDispose]: async () => undefined,
  }
}
