import type { Database } from '../../db/connect.ts'
import type { LogWriter } from '../log/port.ts'
import type { ModelPort } from '../model/port.ts'
import type { ToolRegistry } from '../tools/port.ts'

/** What runs need of the rest of the server. */
export type RunDeps = {
  database: Database
  log: LogWriter
  model: ModelPort
  tools: ToolRegistry
  /** This node's id, which owns the runs it drives. */
  nodeId: string
  /** ISO 8601. */
  now(): string
  newId(): string
  settings: RunSettings
  /** Called with what no one else can report. */
  onError(error: unknown, what: string): void
}

export type RunSettings = {
  model: string
  systemPrompt: string
  temperature: number
  maxTokens: number
  /** Model calls in one run. */
  maxSteps: number
  /** How long a silent node keeps its runs. */
  leaseSeconds: number
}

/** Why a drive may have to end early. */
export type RunSignals = {
  /** Aborts when a person stops the run: it then ends as `stopped`, with the text it has. */
  stop: AbortSignal
  /** Aborts when the run is no longer this node's: then nothing more is written, and the drive throws. */
  lose: AbortSignal
}

/** Another attempt drives the run, or it has ended: this one may write nothing more. */
export class FencedError extends Error {
  constructor() {
    super('the run is driven by another attempt')
    this.name = 'FencedError'
  }
}
