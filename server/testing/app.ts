import { pino } from 'pino'
import { memoryDatabase, keptDatabase } from '../../db/engine/testing.ts'
import { createApp } from '../app.ts'
import type { AppOptions } from '../app-options.ts'
import { readConfig } from '../config/config.ts'
import { createScriptedModel } from './scripted-model.ts'

/** The storage of a test's server, as settings (contract, section 2). */
export type Storage = AsyncDisposable & { env: Record<string, string> }

/** An embedded database in memory. */
export async function memoryStorage(): Promise<Storage> {
  return { env: { DATA_DIR: 'memory:' }, [Symbol.asyncDispose]: async () => undefined }
}

export type TestAppOptions = Partial<Omit<AppOptions, 'config'>> & { env?: Record<string, string> }

/** A server with these settings and a database in memory. */
export function startSettledApp(env: Record<string, string>) {
  return createApp({
    config: readConfig({ DATA_DIR: 'memory:', SERVER_PORT: '0', ...env }),
    logger: pino({ level: 'silent' }),
    openDatabase: memoryDatabase,
  })
}

/**
 * A whole server in this process, with a scripted model or one that the test passes. Tests call it through `app.caller`
 * or, after `app.listen()`, over the network.
 */
export async function startTestApp({ env, ...options }: TestAppOptions = {}) {
  const model = createScriptedModel()
  const config = readConfig({
    DATA_DIR: 'memory:',
    SERVER_PORT: '0',
    LOG_LEVEL: 'silent',
    ...env,
  })
  const inMemory = config.databaseUrl === null && config.dataDir === 'memory:'
  const open = inMemory ? memoryDatabase : keptDatabase(config.databaseUrl ?? '')
  const app = await createApp({
    config,
    logger: pino({ level: 'silent' }),
    model,
    ...(open && { openDatabase: open }),
    ...options,
  })
  return {
    ...app,
    model,
    /** Resolves when this node knows of another node. */
    untilOthers: async () => {
      while (!app.node.hasOthers) {
        await new Promise((resolve) => setImmediate(resolve))
      }
    },
  }
}

export type TestApp = Awaited<ReturnType<typeof startTestApp>>
