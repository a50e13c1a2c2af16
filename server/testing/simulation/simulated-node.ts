import type { PGlite } from '@electric-sql/pglite'
import { pino } from 'pino'
import { transferEverything } from '../../../db/queries/ownership.ts'
import { createCompaction } from '../../log/compaction.ts'
import { RemoteFeed } from '../../log/reading/feed.ts'
import { Hub } from '../../log/reading/hub.ts'
import { createBudget } from '../../budget/budget.ts'
import { LogReader } from '../../log/reading/reader.ts'
import { LogWriter } from '../../log/writing/writer.ts'
import { localAsker } from '../../auth/local-owner.ts'
import type { Asker } from '../../auth/port.ts'
import type { Command } from '../../commands/command.ts'
import { KnownSessions } from '../../commands/known-sessions.ts'
import { execute } from '../../commands/execute.ts'
import { createNodeMessageHandler } from '../../node-messages.ts'
import { createModelCatalog } from '../../model/catalog/catalog.ts'
import { createPrices } from '../../model/catalog/prices.ts'
import { createTokenCounter } from '../../model/token-counter.ts'
import type { ModelPort } from '../../model/port.ts'
import { LocalNode } from '../../nodes/node.ts'
import { createRunBatches } from '../../runs/batches.ts'
import { KnownPrompts } from '../../runs/prompt/known-prompts.ts'
import { Replies } from '../../runs/replies.ts'
import { RunSupervisor } from '../../runs/supervisor.ts'
import { LocalSessionChanges } from '../../sessions/changes.ts'
import type { UserId } from '../../../shared/contract/ids.ts'
import type { Tool } from '../../tools/tool.ts'
import { OFF } from '../../telemetry/telemetry.ts'
import { createToolRegistry } from '../../tools/registry.ts'
import type { Gate } from './gate.ts'
import { gatedDatabase } from './gated-database.ts'
import type { Network } from './network.ts'

export type NodeParts = {
  gate: Gate
  pglite: PGlite
  network: Network
  model: ModelPort
  tools: readonly Tool[]
  newId(): string
  onError(error: unknown, what: string): void
}

/** A node's lease, in seconds of the simulated clock. */
export const LEASE_SECONDS = 3

/** A node composed as in the server, without its network interfaces. */
export function simulatedNode({ gate, pglite, network, model, tools, newId, onError }: NodeParts) {
  const database = gatedDatabase(pglite, () => gate.enter(), network.join(gate))
  const now = () => new Date().toISOString()
  const hub = new Hub()
  const feed = new RemoteFeed(database, hub)
  const local = new LocalNode({
    id: gate.nodeId,
    database,
    leaseSeconds: LEASE_SECONDS,
    onMessage: (message) => {
      onNodeMessage(message).catch((error: unknown) =>
        onError(error, 'a message of another node could not be handled'),
      )
    },
    onPoll: () => feed.catchUp(),
    onError,
  })
  const log = new LogWriter({
    database,
    hub,
    paceMs: 8,
    onTrouble: (error) => onError(error, 'a commit failed and is tried again'),
    payload: (events) => local.payload(events),
    onFenced: ({ runId, attempt }) => runs.lose(runId, attempt),
  })
  const settings = {
    model: 'simulated',
    systemPrompt: '',
    temperature: 0,
    maxTokens: 100,
    maxSteps: 4,
    maxOutputTokens: null,
    clientToolSeconds: null,
    questionSeconds: 600,
  }
  const registry = createToolRegistry(tools, { timeoutMs: 2 ** 31 - 1 })
  const catalog = createModelCatalog({
    port: model,
    prices: createPrices(null),
    defaultModel: settings.model,
    contextWindow: null,
  })
  const limits = {
    catalog,
    tokens: createTokenCounter(),
    budget: createBudget({ database, catalog, usdPerDay: null, allowances: null, now }),
    slots: null,
  }
  const batches = createRunBatches(database.db)
  const runs = new RunSupervisor(
    {
      replies: new Replies(),
      database,
      log,
      model,
      ...limits,
      tools: registry,
      files: {
        load: async (step) => step,
        settled: async () => [],
        keep: async () => ({ files: [], notes: [] }),
      },
      node: local,
      catchUp: feed.catchUp,
      batches,
      prompts: new KnownPrompts(),
      // The simulation has no titles.
      titles: { answered: async () => undefined },
      summaries: { request: async () => undefined },
      now,
      newId,
      settings,
      onError,
      logger: pino({ level: 'silent' }),
      telemetry: OFF,
    },
    createCompaction(database.db, now),
  )
  const changes = new LocalSessionChanges(database.db, (error) => onError(error, 'a list was lost'))
  const onNodeMessage = createNodeMessageHandler({
    ...{ database, feed, hub, runs, changes },
    recheckLogins: () => undefined,
    filesRead: () => undefined,
  })
  const reader = new LogReader(database, hub)
  const services = {
    ...{ database, log, hub, node: local, runs, tools: registry, changes, now, newId },
    logins: { changed: () => undefined },
    push: { publicKey: '', look: async () => undefined },
    // Nobody closes the simulated sessions.
    presence: { reopen: async () => undefined },
    defaultModel: settings.model,
    limits: null,
    known: new KnownSessions(),
    batches,
    files: { perMessage: 10 },
  }
  return {
    gate,
    reader,
    /** Carries a command out. */
    execute: <Input, Result>(userId: UserId, command: Command<Input, Result>, input: Input) =>
      execute(services, { ...simulatedAsker(userId), address: null }, command, input),
    /** Gives everything of a guest to their account, as their sign-in does. */
    giveAway: (from: UserId, to: UserId) =>
      database.db.transaction().execute((transaction) => transferEverything(transaction, from, to)),
    async open(): Promise<void> {
      await local.join()
      await runs.start()
    },
    async close(): Promise<void> {
      await runs.close()
      await local.leave()
    },
  }
}

export type SimulatedNode = ReturnType<typeof simulatedNode>

function simulatedAsker(id: UserId): Asker {
  return localAsker({
    ...{ id, name: 'Ada', email: null, role: 'member', suspended: false },
    ...{ limits: {}, createdAt: '2026-01-01T00:00:00.000Z' },
  })
}
