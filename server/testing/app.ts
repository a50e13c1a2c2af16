import { pino } from 'pino'
import { memoryDatabase } from '../../db/testing.ts'
import { type AppOptions, createApp } from '../app.ts'
import { readConfig } from '../config.ts'
import { createScriptedModel } from './scripted-model.ts'

/** Where a test's server keeps its data: settings of CONTRACT section 2. */
export type Storage = AsyncDisposable & { env: Record<string, string> }

/** An embedded database in memory. */
export async function memoryStorage(): Promise<Storage> {
  return { env: { DATA_DIR: 'memory:' }, [Symbol.asyncDispose]: async () => undefined }
}

export type TestAppOptions = Partial<Omit<AppOptions, 'config'>> & { env?: Record<string, string> }

/** The server as its settings make it, over a database in memory. */
export function startSettledApp(env: Record<string, string>) {
  return createApp({
    config: readConfig({ DATA_DIR: 'memory:', SERVER_PORT: '0', ...env }),
    logger: pino({ level: 'silent' }),
    openDatabase: memoryDatabase,
  })
}

/**
 * A whole server in this process, over a model that the test speaks for (or another one that it brings), called by
 * `app.caller` or, after `app.listen()`, over the network.
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
  const app = await createApp({
    config,
    logger: pino({ level: 'silent' }),
    model,
    ...(inMemory && { openDatabase: memoryDatabase }),
    ...options,
  })
  return {
    ...app,
    model,
    /** Resolves when this node knows that it is not alone. */
    untilOthers: async () => {
      while (!app.node.hasOthers) {
        await new Promise((resolve) => setImmediate(resolve))
      }
    },
  }
}

export type TestApp = Awaited<ReturnType<typeof startTestApp>>
