// Opens the database, the model and the other external resources that the settings name.
import { fileURLToPath } from 'node:url'
import { connect, connectReplica } from '../db/engine/connect.ts'
import type { Database, Db } from '../db/engine/database.ts'
import { ReadReplica } from '../db/engine/read-replica.ts'
import { readClock } from '../db/queries/nodes.ts'
import { insertBackgroundUsage, insertSpeechUsage } from '../db/queries/usage/background-usage.ts'
import type { AppOptions } from './app.ts'
import { createBudget } from './budget/budget.ts'
import type { BudgetOptions } from './budget/budget.ts'
import type { Config } from './config/config.ts'
import { createImageMaker } from './images/image-maker.ts'
import { createSpeechBilling } from './speech/billing.ts'
import { createSpeechProvider } from './speech/provider.ts'
import type { McpServerConfig } from './mcp/config.ts'
import { createPrices } from './model/catalog/prices.ts'
import { createModelPort, OPENAI_BASE_URL } from './model/create.ts'
import { DEMO_MODEL } from './model/demo/generation.ts'
import { startDemoModel } from './model/demo/start.ts'
import type { Wake } from './nodes/wake.ts'
import type { ModelPort } from './model/port.ts'
import { streamingFetch } from './model/stream/streaming-fetch.ts'
import { readPushKeys } from './push/keys.ts'
import { Pusher } from './push/pusher.ts'
import { OFF } from './telemetry/telemetry.ts'
import type { Telemetry } from './telemetry/telemetry.ts'
import { traceFetch } from './telemetry/traced.ts'
import { DatabaseClock } from './nodes/database-clock.ts'

/** Postgres where the settings name one, else the embedded database. */
export function openDatabase(config: Config): Promise<Database> {
  return connect(
    config.databaseUrl
      ? { databaseUrl: config.databaseUrl }
      : { dataDir: config.dataDir, templateDir: TEMPLATE_DIR },
  )
}

/** Reads that may lag behind: from DATABASE_READ_URL while it works. */
export function openReplica(
  { config, logger }: Pick<AppOptions, 'config' | 'logger'>,
  { db: primary }: Database,
  opened: AsyncDisposableStack,
): ReadReplica {
  const found = config.databaseReadUrl ? connectReplica(config.databaseReadUrl) : null
  if (found) opened.defer(() => found.close())
  return new ReadReplica({
    primary,
    replica: found?.db ?? null,
    onAway: (err) => logger.warn({ err }, 'the read replica cannot be used: the primary answers'),
    onBack: () => logger.info('the read replica can be used again'),
  })
}

/** The clock of the database, which has been asked once; heartbeats keep it right. */
export async function openClock({ db }: Database): Promise<DatabaseClock> {
  const clock = new DatabaseClock()
  const asked = performance.now()
  clock.adjust(await readClock(db), asked)
  return clock
}

/** The servers of the operator's file; null when there are none. */
export async function openMcpServers(
  configs: readonly McpServerConfig[],
  { logger, mcpTimeouts, config }: Pick<AppOptions, 'logger' | 'mcpTimeouts' | 'config'>,
  { db, baseUrl }: { db: Db; baseUrl: () => string },
  opened: AsyncDisposableStack,
) {
  if (configs.length === 0) {
    return null
  }
  // Loaded when it is wanted: it takes some 20 MiB.
  const { startMcpServers } = await import('./mcp/servers.ts')
  const { McpLogins } = await import('./mcp/oauth/logins.ts')
  const { createSealing, readSealingSecret } = await import('./mcp/oauth/sealing.ts')
  const hasSignIn = configs.some((one) => one.kind === 'http' && one.oauth !== undefined)
  const secret = hasSignIn ? await readSealingSecret(config.auth.secret, config.dataDir) : null
  const signIn = secret && {
    logins: new McpLogins({ db, sealing: createSealing(secret), clientName: 'Throughline' }),
    baseUrl,
  }
  const options = { logger, times: mcpTimeouts, ...(signIn && { signIn }) }
  return opened.use(startMcpServers(configs, options))
}

/** Where npm packages keep what they can make again. */
const TEMPLATE_DIR = fileURLToPath(new URL('../node_modules/.cache/throughline', import.meta.url))

/** The address whose prices apply; null for the demo model, and for an embedded model without an address. */
export function pricedAddress({ kind }: ModelPort, { model: { baseUrl } }: Config): string | null {
  if (kind === 'demo') {
    return null
  }
  return baseUrl ?? (kind === 'openai' ? OPENAI_BASE_URL : null)
}

/** What everything needs that is paid for beside the model's answers. */
type Spending = Pick<BudgetOptions, 'database' | 'allowances' | 'now'> & {
  newId: () => string
  onError: (error: unknown, what: string) => void
}

/** Makes pictures where the settings name a model for them; null elsewhere. */
export function openImageMaker(
  { images, budget: { usdPerDay } }: Config,
  { database, allowances, now, newId, onError }: Spending,
) {
  if (!images) return null
  const prices = createPrices(images.baseUrl)
  return createImageMaker({
    ...{ config: images, onError },
    // Its prices are those of its own address.
    budget: createBudget({ ...{ database, allowances, now, usdPerDay }, catalog: prices }),
    prices,
    record: ({ sessionId }, used) =>
      insertBackgroundUsage(database.db, {
        ...{ id: newId(), sessionId, kind: 'image', createdAt: now() },
        ...used,
      }),
  })
}

/** Speech where the settings name a service for it, in the budgets of the day; null elsewhere. */
export function openSpeech(
  { speech, budget: { usdPerDay } }: Config,
  { database, allowances, now, newId, onError }: Spending,
) {
  if (!speech) return null
  const kindOf = (input: 'text' | 'sound') => {
    const prices = createPrices(speech.baseUrl, input)
    const budget = createBudget({
      ...{ database, allowances, now, usdPerDay },
      catalog: prices,
    })
    return { prices, budget }
  }
  return {
    provider: createSpeechProvider(speech),
    billing: createSpeechBilling({
      models: { toText: speech.toTextModel, toSpeech: speech.toSpeechModel },
      kinds: { toText: kindOf('sound'), toSpeech: kindOf('text') },
      ...{ now, onError },
      record: ({ payer: { userId }, sessionId }, used) =>
        insertSpeechUsage(database.db, {
          ...{ id: newId(), userId, sessionId, createdAt: now() },
          ...used,
        }),
    }),
  }
}

/** Sends to the collector that the settings name; nothing is loaded, and nothing done, without one. */
export async function openTelemetryOf({ telemetry }: Config, version: string): Promise<Telemetry> {
  if (telemetry.endpoint === null) return OFF
  const { openTelemetry } = await import('./telemetry/open-telemetry.ts')
  return openTelemetry({ endpoint: telemetry.endpoint, version })
}

/** What carries the word between nodes, where it is not Postgres. An embedded database has no other nodes. */
export async function openWake(
  { databaseUrl, wakeUrl }: Config,
  onError: (error: unknown, what: string) => void,
): Promise<Wake | null> {
  if (wakeUrl === null || databaseUrl === null) return null
  const { RedisWake } = await import('./nodes/redis-wake.ts')
  return new RedisWake({ url: wakeUrl, onError })
}

/** The model that was brought along, else the one that the settings name, else the demo model. */
export async function openModel(
  { config, model }: Pick<AppOptions, 'config' | 'model'>,
  opened: AsyncDisposableStack,
  { onError, telemetry }: { onError: (error: unknown, what: string) => void; telemetry: Telemetry },
) {
  const { apiKey, baseUrl, api, background, name } = config.model
  if (model) {
    return { model, defaultModel: name }
  }
  const demo = apiKey === null && baseUrl === null ? opened.use(await startDemoModel()) : null
  return {
    defaultModel: demo ? DEMO_MODEL : name,
    model: createModelPort({
      apiKey: apiKey ?? undefined,
      baseUrl: demo?.baseUrl ?? baseUrl ?? undefined,
      api,
      background,
      demo: demo !== null,
      timeoutSeconds: config.model.firstTokenTimeoutMs / 1000,
      idleTimeoutSeconds: config.model.idleTimeoutMs / 1000,
      fetch: traceFetch(streamingFetch, config.telemetry.headersTo, telemetry),
      onInternal: (error) => onError(error, 'the model could not be asked'),
    }),
  }
}

/** Tells devices of what happened while nobody looked. */
export async function openPusher(
  { config, authenticate }: Pick<AppOptions, 'config' | 'authenticate'>,
  database: Database,
  onError: (error: unknown, what: string) => void,
): Promise<Pusher> {
  const { publicUrl } = config.listen
  return new Pusher({
    database,
    settings: {
      keys: await readPushKeys(database.db),
      subject: publicUrl?.startsWith('https:') ? publicUrl : 'mailto:push@throughline.invalid',
      anyAddress: config.auth.mode === 'single' && !authenticate,
    },
    onError,
  })
}
