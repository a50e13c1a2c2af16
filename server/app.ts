import { Registry } from 'prom-client'
import manifest from '../package.json' with { type: 'json' }
import { ping } from '../db/engine/database.ts'
import { migrate } from '../db/engine/migrate.ts'
import { removeInterruptedImports } from '../db/queries/transfer/atomic-import.ts'
import { createIdSource } from '../shared/contract/new-id.ts'
import type { AppOptions } from './app-options.ts'
import { createCaller } from './caller.ts'
import { keepFinishingDeletions } from './commands/people/delete-account.ts'
import { describeSignIn } from './auth/sign-in/sign-in-options.ts'
import { createFileKeeper } from './files/brought-files.ts'
import { createFileLoader } from './files/for-model.ts'
import { openFiles } from './files/open-files.ts'
import { openGate } from './gate.ts'
import { openHttp } from './open-http.ts'
import { openLog } from './open-log.ts'
import { createClientAddress } from './http/access/client-address.ts'
import { createCompaction } from './log/compaction.ts'
import type { OnError } from './log-ids.ts'
import { createLogMetrics } from './log/metrics.ts'
import { readMcpConfig } from './mcp/config.ts'
import { KnownSessions } from './commands/known-sessions.ts'
import type { Limits } from './limits/limits.ts'
import { createNodeMessageHandler } from './node-messages.ts'
import { JobRunner } from './jobs/runner.ts'
import { SummaryWriter } from './jobs/summaries.ts'
import { TitleWriter } from './jobs/titles.ts'
import { LocalPresence } from './presence/presence.ts'
import { createPromptCounter } from './runs/prompt/count-prompt.ts'
import { Replies } from './runs/replies.ts'
import { createRunBatches } from './runs/batches.ts'
import { KnownPrompts } from './runs/prompt/known-prompts.ts'
import { RunSupervisor } from './runs/supervisor.ts'
import type { Services } from './services.ts'
import { LocalSessionChanges } from './sessions/changes.ts'
import { createOutageLog } from './outage.ts'
import {
  openClock,
  openDatabase,
  openImageMaker,
  openLimits,
  openSpeech,
  openMcpServers,
  openPusher,
  openReplica,
  openTelemetryOf,
} from './open-resources.ts'
import { openModels } from './open-models.ts'
import { openTools } from './open-tools.ts'
import { createServerMetrics } from './server-metrics.ts'
import { parseProxies } from './trusted-proxies.ts'

/**
 * The whole server, wired: listening, or called in this process. Whoever makes one closes it.
 *
 * @throws {ConfigError} when the file of MCP servers cannot be used
 */
export async function createApp(given: AppOptions) {
  const { config } = given
  await using opened = new AsyncDisposableStack()

  const mcpConfig = await readMcpConfig(config.tools.mcpConfigPath)
  const database = opened.adopt(await (given.openDatabase ?? openDatabase)(config), (open) =>
    open.close(),
  )
  await migrate(database.db)
  const databaseClock = await openClock(database)
  const milliseconds = given.clock ?? (() => databaseClock.now())
  const now = () => new Date(milliseconds()).toISOString()
  const newId = createIdSource(milliseconds)
  const nodeId = newId()
  // Logs of several nodes are read together.
  const options = { ...given, logger: given.logger.child({ node: nodeId }) }
  const { logger } = options
  await removeInterruptedImports(database)
  const outage = opened.use(createOutageLog({ logger, check: () => ping(database.db) }))
  const onError: OnError = (error, what, about) => outage.report(error, what, about)
  const telemetry = opened.adopt(await openTelemetryOf(config, manifest.version), (open) =>
    open.close(),
  )
  const clientAddress = createClientAddress(parseProxies(config.listen.trustProxy) ?? new Set())
  const gate = await openGate({
    ...{ config, database, logger, clientAddress, onError, now, newId },
    authenticate: options.authenticate,
    tellOthers: () => node.broadcast({ type: 'logins-changed' }),
    // Made below; nobody signs in before the server listens.
    limits: () => limits,
  })
  opened.defer(() => gate.close())
  const { model, defaultModel, catalog, isFree, allowances, budget, tokens, settings } =
    await openModels(options, { database, telemetry, now, onError }, opened)
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
  const prompts = new KnownPrompts()
  const { hub, reader, feed, wake, node, log, catchUp } = await openLog(
    { nodeId, database, databaseClock, config, telemetry, changes },
    {
      committed(sessionId, events) {
        countEvents(events)
        jobs.committed(sessionId)
        push.committed(sessionId, events)
      },
      closed: (sessionId) => prompts.forget(sessionId),
      // Made below; nothing is committed, and no node heard, before this one joins.
      fenced: ({ runId, attempt }) => runs.lose(runId, attempt),
      heard: (message) => onNodeMessage(message),
      onError,
    },
  )
  createServerMetrics(metrics, { about, hub, wake })
  const limits: Limits | null = openLimits(
    config,
    { database, allowances, metrics, now: milliseconds, onError },
    opened,
  )
  const openedFiles = opened.use(
    await openFiles({
      ...{ config, database, log, limits, now, newId, onError },
      tellOthers: () => node.broadcast({ type: 'files-read' }),
    }),
  )
  const { files, sweep: sweepFiles } = openedFiles
  const written = { database, log, model, catalog, budget, tokens, now, newId }
  const writing = { ...written, defaultModel, maxTokens: config.model.maxTokens }
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
  const batches = createRunBatches(database.db)
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
        settled: (userId, ids, signal) => files.settled(userId, ids, signal),
      },
      node,
      catchUp,
      replies,
      batches,
      prompts,
      titles,
      summaries,
      now,
      newId,
      settings,
      onError,
      logger,
      telemetry,
    },
    createCompaction(database.db, now),
  )
  const onNodeMessage = createNodeMessageHandler({
    ...{ database, feed, runs, hub, changes },
    filesRead: openedFiles.toldOfRead,
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
  await openedFiles.startReading()

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
    countPrompt: createPromptCounter({ database, catalog, tokens, tools, settings }),
    changes,
    presence,
    push,
    logins: gate,
    accounts: gate.accounts,
    signIn: describeSignIn(config, options.authenticate !== undefined),
    limits,
    known: new KnownSessions(),
    batches,
    files,
    telemetry,
    settings: config.shown,
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
    /** The link by which the first account is made; null when one exists, or without accounts. */
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
