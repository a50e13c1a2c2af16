import type { Logger } from 'pino'
import { Registry } from 'prom-client'
import manifest from '../package.json' with { type: 'json' }
import { ping } from '../db/engine/database.ts'
import type { Database } from '../db/engine/database.ts'
import { migrate } from '../db/engine/migrate.ts'
import { removeInterruptedImports } from '../db/queries/transfer/atomic-import.ts'
import { createIdSource } from '../shared/contract/new-id.ts'
import type { Authenticate } from './auth/embedder.ts'
import { createCaller } from './caller.ts'
import { keepFinishingDeletions } from './commands/delete-account.ts'
import type { Config } from './config/config.ts'
import { describeSignIn } from './auth/sign-in/sign-in-options.ts'
import { createFileKeeper } from './files/brought-files.ts'
import { createFileLoader } from './files/for-model.ts'
import { openFiles } from './files/open-files.ts'
import { openGate } from './gate.ts'
import { openHttp } from './open-http.ts'
import { createClientAddress } from './http/client-address.ts'
import { compactRun } from './log/compaction.ts'
import { RemoteFeed } from './log/reading/feed.ts'
import { Hub } from './log/reading/hub.ts'
import { createLogMetrics } from './log/metrics.ts'
import { LogReader } from './log/reading/reader.ts'
import { LogWriter } from './log/writing/writer.ts'
import { readMcpConfig } from './mcp/config.ts'
import type { McpTimeouts } from './mcp/timeouts.ts'
import { PayerAllowances } from './budget/allowances.ts'
import { createBudget } from './budget/budget.ts'
import { createLimits } from './limits/limits.ts'
import type { Limits } from './limits/limits.ts'
import { createModelCatalog } from './model/catalog/catalog.ts'
import type { ModelPort } from './model/port.ts'
import { createPrices } from './model/catalog/prices.ts'
import { createTokenCounter } from './model/token-counter.ts'
import { createNodeMessageHandler } from './node-messages.ts'
import { JobRunner } from './jobs/runner.ts'
import { SummaryWriter } from './jobs/summaries.ts'
import { TitleWriter } from './jobs/titles.ts'
import { LocalNode } from './nodes/node.ts'
import { LocalPresence } from './presence/presence.ts'
import { Replies } from './runs/replies.ts'
import { RunSupervisor } from './runs/supervisor.ts'
import type { Services } from './services.ts'
import { LocalSessionChanges } from './sessions/changes.ts'
import { createOutageLog } from './outage.ts'
import {
  openClock,
  openDatabase,
  openImageMaker,
  openSpeech,
  openMcpServers,
  openModel,
  openPusher,
  openReplica,
  openWake,
  openTelemetryOf,
  pricedAddress,
} from './open-resources.ts'
import { openTools } from './open-tools.ts'
import { createServerMetrics } from './server-metrics.ts'
import { OFF } from './telemetry/telemetry.ts'
import { traceCommits, traceModel } from './telemetry/traced.ts'
import type { Tool } from './tools/tool.ts'
import { parseProxies } from './trusted-proxies.ts'

/** Trusted where nobody is. */
const NOBODY = { has: () => false }

export type AppOptions = {
  config: Config
  logger: Logger
  /** The model to ask instead of the one that the settings name. */
  model?: ModelPort
  /** Tools beside the built-in ones. */
  tools?: readonly Tool[]
  /** Timeouts for MCP servers, where they differ from the defaults. */
  mcpTimeouts?: Partial<McpTimeouts>
  /** Where its numbers are put, beside what is there already; of its own when left out. */
  metrics?: Registry
  /** Opens the database instead of the settings; the server closes it. */
  openDatabase?: (config: Config) => Promise<Database>
  /** Says who people are, in place of AUTH_MODE. */
  authenticate?: Authenticate
  /** The clock of stored times, in milliseconds since the epoch; by default the database's. */
  clock?: () => number
  /**
   * True writes to readers that are up to date directly, past tRPC's generators. Otherwise they get the same bytes for
   * several times the work.
   */
  liveOutlets?: boolean
}

/**
 * The whole server, wired: listening, or called in this process. Whoever makes one closes it.
 *
 * @throws {ConfigError} when the file of MCP servers cannot be used
 */
export async function createApp(options: AppOptions) {
  const { config, logger } = options
  await using opened = new AsyncDisposableStack()

  const mcpConfig = await readMcpConfig(config.tools.mcpConfigPath)
  const database = opened.adopt(await (options.openDatabase ?? openDatabase)(config), (open) =>
    open.close(),
  )
  await migrate(database.db)
  const databaseClock = await openClock(database)
  const milliseconds = options.clock ?? (() => databaseClock.now())
  const now = () => new Date(milliseconds()).toISOString()
  const newId = createIdSource(milliseconds)
  await removeInterruptedImports(database)
  const outage = opened.use(createOutageLog({ logger, check: () => ping(database.db) }))
  const onError = (error: unknown, what: string) => outage.report(error, what)
  const telemetry = opened.adopt(await openTelemetryOf(config, manifest.version), (open) =>
    open.close(),
  )
  const clientAddress = createClientAddress(parseProxies(config.listen.trustProxy) ?? NOBODY)
  const gate = await openGate({
    ...{ config, database, logger, clientAddress, onError, now, newId },
    authenticate: options.authenticate,
    tellOthers: () => node.broadcast({ type: 'logins-changed' }),
    // Made below; nobody signs in before the server listens.
    limits: () => limits,
  })
  opened.defer(() => gate.close())
  const found = await openModel(options, opened, { onError, telemetry })
  const { defaultModel } = found
  const model = telemetry === OFF ? found.model : traceModel(found.model, telemetry)
  const catalog = createModelCatalog({
    port: model,
    prices: createPrices(pricedAddress(model, config)),
    defaultModel,
    contextWindow: config.model.contextWindow,
    clock: options.clock,
  })
  // The demo model has no price, and costs nothing.
  const isFree = model.kind === 'demo'
  const allowances =
    config.auth.mode === 'accounts'
      ? new PayerAllowances(database.db, { ...config.limits, isFree }, now)
      : null
  const budget = createBudget({
    database,
    catalog,
    usdPerDay: isFree ? null : config.budget.usdPerDay,
    allowances,
    now,
  })
  const tokens = createTokenCounter()
  opened.defer(() => tokens.close())
  const { publicUrl, basePath, host, port } = config.listen
  let baseUrl = (publicUrl ? new URL(publicUrl).origin : `http://${host}:${port}`) + basePath
  const mcpServers = await openMcpServers(
    mcpConfig,
    options,
    { db: database.db, baseUrl: () => baseUrl },
    opened,
  )
  const tools = openTools(options, {
    ...{ database, mcpServers, telemetry, newId },
    images: openImageMaker(config, { database, allowances, now, newId, onError }),
  })

  const changes = new LocalSessionChanges(database.db, (error) =>
    onError(error, 'a change of a session list could not be read'),
  )
  const jobs = new JobRunner(database, onError)
  await jobs.open()
  const about = { version: manifest.version, database: database.kind, model: model.kind }
  const metrics = options.metrics ?? new Registry()
  const countEvents = createLogMetrics(metrics)
  const push = await openPusher(options, database, onError)
  const hub = new Hub((sessionId, events) => {
    countEvents(events)
    jobs.committed(sessionId)
    push.committed(sessionId, events)
    if (events.some(({ event }) => event.type !== 'chunk' && event.type !== 'tool')) {
      changes.touch(sessionId)
    }
  })
  const reader = new LogReader(database, hub)
  const feed = new RemoteFeed(database, hub)
  const wake = await openWake(config, onError)
  createServerMetrics(metrics, { about, hub, wake })
  const node = new LocalNode({
    id: newId(),
    database,
    leaseSeconds: config.runs.leaseMs / 1000,
    clock: databaseClock,
    wake,
    onMessage: (message) => {
      onNodeMessage(message).catch((error: unknown) =>
        onError(error, 'a message of another node could not be handled'),
      )
    },
    onPoll: async () => {
      await feed.catchUp()
      await feed.closeDeleted()
      await changes.poll()
    },
    onError,
  })
  const log = new LogWriter({
    database,
    hub,
    paceMs: 8,
    onTrouble: (error) => onError(error, 'a commit failed and is tried again'),
    payload: (events) => node.payload(events),
    ...(wake && { onCommitted: (events) => node.committed(events) }),
    onFenced: ({ runId, attempt }) => runs.lose(runId, attempt),
    ...(telemetry !== OFF && { traceCommit: traceCommits(telemetry) }),
  })
  const limits: (Limits & Disposable) | null =
    allowances &&
    opened.use(
      createLimits({
        ...{ database, allowances, metrics, onError },
        settings: { ...config.limits, sessions: null },
        now: milliseconds,
      }),
    )
  const { files, sweep: sweepFiles } = opened.use(
    await openFiles({ ...{ config, database, limits, now, newId, onError } }),
  )
  const { maxTokens } = config.model
  const written = { database, log, model, catalog, budget, tokens, now, newId }
  const writing = { ...written, defaultModel, maxTokens }
  const titles = new TitleWriter(writing, jobs, newId)
  const summaries = new SummaryWriter(writing, jobs)
  const presence = new LocalPresence({
    database,
    log,
    node,
    summaries,
    newId,
    graceMs: config.sessions.graceMs,
    onDeleted: ({ sessionId, userId }) => {
      hub.close(sessionId)
      changes.deleted(userId, sessionId)
      node.broadcast({ type: 'session-deleted', sessionId, userId, runId: null })
    },
    onError,
  })
  const replies = new Replies()
  const runs = new RunSupervisor(
    {
      database,
      log,
      model,
      catalog,
      tokens,
      budget,
      slots: limits?.slots ?? null,
      tools,
      files: {
        ...createFileLoader(files),
        ...createFileKeeper(files, { db: database.db, onError }),
      },
      node,
      replies,
      titles,
      summaries,
      now,
      newId,
      settings: {
        model: defaultModel,
        systemPrompt: config.model.systemPrompt,
        temperature: config.model.temperature,
        maxTokens,
        maxSteps: config.runs.maxSteps,
        maxOutputTokens: config.runs.maxOutputTokens,
        clientToolSeconds: config.runs.clientToolSeconds,
        questionSeconds: config.runs.questionSeconds,
      },
      onError,
      telemetry,
    },
    (run) => compactRun(database.db, run, now()),
  )
  const onNodeMessage = createNodeMessageHandler({
    ...{ database, feed, runs, hub, changes },
    recheckLogins: gate.recheck,
  })
  // Closed after the runs: meanwhile it says that this node is not ready.
  const listener = opened.use(new AsyncDisposableStack())
  opened.defer(() => node.leave())
  opened.defer(() => jobs.close())
  opened.defer(() => push.close())
  opened.defer(() => runs.close())
  opened.defer(() => presence.close())
  await presence.recover()
  await node.join()
  await runs.start()
  await jobs.start({
    title: (attempt) => titles.write(attempt),
    summary: (attempt) => summaries.write(attempt),
  })
  presence.start()
  push.start()

  const services: Services = {
    database,
    replica: openReplica(options, database, opened),
    log,
    reader,
    hub,
    node,
    wake,
    runs,
    tools,
    mcp: mcpServers,
    model,
    catalog,
    changes,
    presence,
    push,
    logins: gate,
    accounts: gate.accounts,
    signIn: describeSignIn(config, options.authenticate !== undefined),
    limits,
    files,
    telemetry,
    budgetUsdPerDay: isFree ? null : config.budget.usdPerDay,
    defaultModel,
    defaultTemperature: config.model.temperature,
    now,
    newId,
  }
  opened.use(await keepFinishingDeletions(services, onError))
  const { http, context } = openHttp({
    ...{ config, logger, services, gate, outage, metrics, clientAddress, onError },
    health: () => about,
    speech: openSpeech(config, { database, allowances, now, newId, onError }),
    authenticate: options.authenticate,
    liveOutlets: options.liveOutlets !== false,
  })
  listener.defer(() => http.close())
  opened.defer(() => http.leave())
  opened.defer(() => presence.beginClosing())

  const resources = opened.move()
  return {
    services,
    /** This process among those on the same database. */
    node,
    /** Calls the procedures in this process, as the local owner. */
    caller: createCaller(context(() => gate.local)),
    /** Answers with the address that was opened, such as `http://127.0.0.1:8001`. */
    async listen() {
      const url = await http.listen(config.listen)
      gate.accounts?.listensAt(url)
      if (!publicUrl) baseUrl = url + basePath
      return url + config.listen.basePath
    },
    /**
     * For a server of your own, in place of `listen`: `createServer(app.handler).on('upgrade', app.upgrade)`. It is to
     * be mounted at the root.
     */
    handler: http.handler,
    upgrade: http.upgrade,
    /** Every route, such as `POST /api/files`. */
    routes: http.routes,
    /** Where the first account is made; null when there is one, or when there are no accounts at all. */
    setupLink: async () => gate.accounts?.setupLink() ?? null,
    /** Removes files that nobody has any more, as this process does by itself every some seconds. */
    sweepFiles,
    /** `/readyz` says 503 from here on; what is open goes on. */
    drain: () => http.drain(),
    /** Ends everything in the reverse order of its making: sockets, then runs, then the database. */
    close: () => resources.disposeAsync(),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

export type App = Awaited<ReturnType<typeof createApp>>
