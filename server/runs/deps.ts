import type { File } from '../../shared/contract/file.ts'
import type { FileId, UserId } from '../../shared/contract/ids.ts'
import type { Database } from '../../db/engine/database.ts'
import type { SummaryWriter } from '../jobs/summaries.ts'
import type { RunBatches } from './batches.ts'
import type { KnownPrompts } from './prompt/known-prompts.ts'
import type { TitleWriter } from '../jobs/titles.ts'
import type { Budget } from '../budget/planned-call.ts'
import type { RunSlots } from '../limits/run-slots.ts'
import type { LogWriter } from '../log/writing/writer.ts'
import type { ModelPort, ModelStep } from '../model/port.ts'
import type { ModelCatalog } from '../model/catalog/catalog.ts'
import type { TokenCounter } from '../model/token-counter.ts'
import type { LocalNode } from '../nodes/node.ts'
import type { LogIds, OnError, RunLogger } from '../log-ids.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import type { Replies } from './replies.ts'
import type { ToolRegistry } from '../tools/registry.ts'
import type { BroughtFile } from '../tools/tool.ts'

/** The dependencies of runs. */
export type RunDeps = {
  database: Database
  log: LogWriter
  model: ModelPort
  catalog: ModelCatalog
  tokens: TokenCounter
  budget: Budget
  /** Limits the runs that each person has at once; null without accounts, where there is no limit. */
  slots: RunSlots | null
  tools: ToolRegistry
  files: RunFiles
  node: LocalNode
  /** Brings the readers of this node what was committed to the logs without it. */
  catchUp(): Promise<void>
  replies: Replies
  batches: RunBatches
  prompts: KnownPrompts
  titles: Pick<TitleWriter, 'answered'>
  summaries: Pick<SummaryWriter, 'request'>
  /** ISO 8601. */
  now(): string
  newId(): string
  settings: RunSettings
  /** Reports an error that no caller can handle. */
  onError: OnError
  logger: RunLogger
  telemetry: Pick<Telemetry, 'within'>
}

export type RunFiles = {
  /** Reads the bytes of a step's files, just before it is asked. */
  load(step: ModelStep, userId: UserId): Promise<ModelStep>
  /** Resolves when none of these files is being read any more, or when the signal aborts. */
  settled(userId: UserId, ids: readonly FileId[], signal: AbortSignal): Promise<unknown>
  /**
   * Stores the files of a tool's result. For a file that cannot be stored there is a sentence in its place. It never
   * throws.
   *
   * @param signal aborts when the files are not needed any more
   * @param about the call that brought them
   */
  keep(
    userId: UserId,
    brought: readonly (BroughtFile & { id: FileId })[],
    signal: AbortSignal,
    about: LogIds,
  ): Promise<{ files: File[]; notes: string[] }>
}

export type RunSettings = {
  model: string
  systemPrompt: string
  temperature: number
  maxTokens: number
  /** The most model calls in one run. */
  maxSteps: number
  /** The most tokens that the model may write in one run; with null only `maxTokens` of each step limits it. */
  maxOutputTokens: number | null
  /** The time that a client has for a call whose tool sets no limit; null for no limit. */
  clientToolSeconds: number | null
  /** The time that a person has for a question of an MCP server. Seconds. */
  questionSeconds: number
}

/** The reasons for which a drive may have to end early. */
export type RunSignals = {
  /** Aborts when a person stops the run: it ends as `stopped`, with the text that it has. */
  stop: AbortSignal
  /** Aborts when the run is not this node's any more: nothing more is written, and the drive throws. */
  lose: AbortSignal
  /** Aborts when the node is about to end: no further step begins, and the next node takes up the model's answer. */
  leave: AbortSignal
  /** Reports that another attempt has the run, so that `lose` aborts. */
  overtaken(): void
}

/**
 * Thrown when another attempt drives the run, it has ended, or this node gave it up: this attempt may write nothing
 * more.
 */
export class FencedError extends Error {
  constructor() {
    super('the run is driven by another attempt')
    this.name = 'FencedError'
  }
}
