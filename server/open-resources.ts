// Opens the database, the model and the other external resources of the settings.
import { join } from 'node:path'
import { connect, connectReplica } from '../db/engine/connect.ts'
import type { Database, Db } from '../db/engine/database.ts'
import { ReadReplica } from '../db/engine/postgres/read-replica.ts'
import { readClock } from '../db/queries/nodes.ts'
import { insertBackgroundUsage, insertSpeechUsage } from '../db/queries/usage/background-usage.ts'
import type { AppOptions } from './app-options.ts'
import { createBudget } from './budget/budget.ts'
import type { BudgetOptions } from './budget/budget.ts'
import type { PayerAllowances } from './budget/allowances.ts'
import type { Config } from './config/config.ts'
import { createImageMaker } from './images/image-maker.ts'
import { createLimits } from './limits/limits.ts'
import type { Limits, LimitsOptions } from './limits/limits.ts'
import { createSpeechBilling } from './speech/billing.ts'
import { createSpeechProvider } from './speech/provider.ts'
import type { OnError } from './log-ids.ts'
import type { McpServerConfig } from './mcp/config.ts'
import { createPrices } from './model/catalog/prices.ts'
import { createModelPort, OPENAI_BASE_URL } from './model/create.ts'
import { DEMO_MODEL } from './model/demo/generation.ts'
import { startDemoModel } from './model/demo/start.ts'
import { ProbedWake } from './nodes/probed-wake.ts'
import type { Wake } from './nodes/wake.ts'
import { packageRoot } from './package-root.ts'
import type { ModelPort } from './model/port.ts'
import { streamingFetch } from './model/stream/streaming-fetch.ts'
import { readPushKeys } from './push/keys.ts'
import { Pusher } from './push/pusher.ts'
import { OFF } from './telemetry/telemetry.ts'
import type { Telemetry } from './telemetry/telemetry.ts'
import { traceFetch } from './telemetry/traced.ts'
import { DatabaseClock } from './nodes/database-clock.ts'

/** Postgres if the settings name one, else the embedded database. */
export function openDatabase(config: Config): Promise<Database> {
  return connect(
    config.databaseUrl
      ? { databaseUrl: config.databaseUrl }
      : { dataDir: config.dataDir, templateDir: TEMPLATE_DIR },
  )
}

/** Reads that may lag behind, from DATABASE_READ_URL while it works. */
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

/** The clock of the database, which was read once; heartbeats keep it right. */
export async function openClock({ db }: Database): Promise<DatabaseClock> {
  const clock = new DatabaseClock()
  const asked = performance.now()
  clock.adjust(await readClock(db), asked)
  return clock
}

/** The MCP servers in the operator's file; null when there are none. */
export async function openMcpServers(
  configs: readonly McpServerConfig[],
  { logger, mcpTimeouts, config }: Pick<AppOptions, 'logger' | 'mcpTimeouts' | 'config'>,
  { db, baseUrl }: { db: Db; baseUrl: () => string },
  opened: AsyncDisposableStack,
) {
  if (configs.length === 0) {
    return null
  }
  // It takes some 20 MiB, so it is loaded on first use.
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

/** The folder in which npm packages cache what they can make again. */
const TEMPLATE_DIR = join(packageRoot, 'node_modules/.cache/throughline')

/** The address whose prices apply; null for the demo model, and for an embedded model without an address. */
export function pricedAddress({ kind }: ModelPort, { model: { baseUrl } }: Config): string | null {
  if (kind === 'demo') {
    return null
  }
  return baseUrl ?? (kind === 'openai' ? OPENAI_BASE_URL : null)
}

/** The dependencies of everything that is paid for besides the model's answers. */
type Spending = Pick<BudgetOptions, 'database' | 'allowances' | 'now'> & {
  newId: () => string
  onError: OnError
}

/** Makes pictures if the settings name a model for them; else null. */
export function openImageMaker(
  { images, budget: { usdPerDay } }: Config,
  { database, allowances, now, newId, onError }: Spending,
) {
  if (!images) return null
  const prices = createPrices(images.baseUrl)
  return createImageMaker({
    ...{ config: images, onError },
    // The prices are those of its own address.
    budget: createBudget({ ...{ database, allowances, now, usdPerDay }, catalog: prices }),
    prices,
    record: ({ sessionId, keyId }, used) =>
      insertBackgroundUsage(database.db, {
        ...{ id: newId(), sessionId, keyId, kind: 'image', createdAt: now() },
        ...used,
      }),
  })
}

/** Speech if the settings name a service for it, within the budgets of the day; else null. */
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
      record: ({ payer: { userId, keyId }, sessionId }, used) =>
        insertSpeechUsage(database.db, {
          ...{ id: newId(), userId, keyId, sessionId, createdAt: now() },
          ...used,
        }),
    }),
  }
}

/** Tracing to the collector of the settings; without one nothing is loaded, and nothing done. */
export async function openTelemetryOf({ telemetry }: Config, version: string): Promise<Telemetry> {
  if (telemetry.endpoint === null) return OFF
  const { openTelemetry } = await import('./telemetry/open-telemetry.ts')
  return openTelemetry({ endpoint: telemetry.endpoint, version })
}

/** The server that carries messages between nodes in place of Postgres. An embedded database has no other nodes. */
export async function openWake(
  { databaseUrl, wakeUrl }: Config,
  onError: OnError,
): Promise<Wake | null> {
  if (wakeUrl === null || databaseUrl === null) return null
  // Only the client that is needed is loaded.
  const carrier = /^rediss?:/.test(wakeUrl)
    ? (await import('./nodes/redis-carrier.ts')).redisCarrier(wakeUrl)
    : (await import('./nodes/nats-carrier.ts')).natsCarrier(wakeUrl)
  return new ProbedWake(carrier, onError)
}

/** The model of the options, else that of the settings, else the demo model. */
export async function openModel(
  { config, model }: Pick<AppOptions, 'config' | 'model'>,
  opened: AsyncDisposableStack,
  { onError, telemetry }: { onError: OnError; telemetry: Telemetry },
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
      onInternal: (error, about) => onError(error, 'the model could not be asked', about),
    }),
  }
}

/** Notifies devices of events while no page is open. */
export async function openPusher(
  { config, authenticate }: Pick<AppOptions, 'config' | 'authenticate'>,
  database: Database,
  onError: OnError,
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

/** The limits of each person; null without accounts. */
export function openLimits(
  config: Config,
  {
    allowances,
    ...deps
  }: Omit<LimitsOptions, 'allowances' | 'settings'> & {
    allowances: PayerAllowances | null
  },
  opened: AsyncDisposableStack,
): Limits | null {
  return allowances && opened.use(createLimits({ ...deps, allowances, settings: config.limits }))
}
