import type { File } from '../../shared/contract/file.ts'
import type { FileId, UserId } from '../../shared/contract/ids.ts'
import type { Database } from '../../db/engine/database.ts'
import type { SummaryWriter } from '../jobs/summaries.ts'
import type { TitleWriter } from '../jobs/titles.ts'
import type { Budget } from '../budget/planned-call.ts'
import type { RunSlots } from '../limits/run-slots.ts'
import type { LogWriter } from '../log/writing/writer.ts'
import type { ModelPort, ModelStep } from '../model/port.ts'
import type { ModelCatalog } from '../model/catalog/catalog.ts'
import type { TokenCounter } from '../model/token-counter.ts'
import type { LocalNode } from '../nodes/node.ts'
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
  /** How many runs of each person go on at once; null without accounts, where there is no such limit. */
  slots: RunSlots | null
  tools: ToolRegistry
  files: RunFiles
  node: LocalNode
  replies: Replies
  titles: Pick<TitleWriter, 'answered'>
  summaries: Pick<SummaryWriter, 'request'>
  /** ISO 8601. */
  now(): string
  newId(): string
  settings: RunSettings
  /** Called with what no one else can report. */
  onError(error: unknown, what: string): void
  telemetry: Pick<Telemetry, 'within'>
}

export type RunFiles = {
  /** Puts the bytes of files into a step that is to be asked. */
  load(step: ModelStep, userId: UserId): Promise<ModelStep>
  /**
   * Stores what a tool brought, each file by itself: one that cannot be stored is a sentence. It never throws.
   *
   * @param signal aborts when nobody waits for the files any more
   */
  keep(
    userId: UserId,
    brought: readonly (BroughtFile & { id: FileId })[],
    signal: AbortSignal,
  ): Promise<{ files: File[]; notes: string[] }>
}

export type RunSettings = {
  model: string
  systemPrompt: string
  temperature: number
  maxTokens: number
  /** Model calls in one run. */
  maxSteps: number
  /** The most tokens that the model may write in one run; null is no limit beside `maxTokens` of each step. */
  maxOutputTokens: number | null
  /** How long clients have for a call that they carry out, where its tool does not say; null without end. */
  clientToolSeconds: number | null
  /** How long people have for a question of an MCP server. Seconds. */
  questionSeconds: number
}

/** Why a drive may have to end early. */
export type RunSignals = {
  /** Aborts when a person stops the run: it then ends as `stopped`, with the text it has. */
  stop: AbortSignal
  /** Aborts when the run is no longer this node's: then nothing more is written, and the drive throws. */
  lose: AbortSignal
  /** Aborts when the node is about to end: no further step is begun, and a model's answer is left to the next node. */
  leave: AbortSignal
  /** Is told that another attempt was found to have the run: `lose` aborts. */
  overtaken(): void
}

/** Another attempt drives the run, it has ended, or this node gave it up: this attempt may write nothing more. */
export class FencedError extends Error {
  constructor() {
    super('the run is driven by another attempt')
    this.name = 'FencedError'
  }
}
