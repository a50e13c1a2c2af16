import type { ColumnType, Generated } from 'kysely'
import type { RunError } from '../shared/contract/errors.ts'
import type { Finish } from '../shared/contract/events.ts'
import type { File } from '../shared/contract/file.ts'
import type { CallId, KeyId, MessageId, RunId, SessionId, UserId } from '../shared/contract/ids.ts'
import type { Outcome, Usage } from '../shared/contract/message.ts'
import type { Question } from '../shared/contract/question.ts'
import type { RunOptions } from '../shared/contract/run-options.ts'
import type { ToolCall, ToolProgress } from '../shared/contract/tool.ts'
import type { JsonColumn } from './schema.ts'
import type { StepUsage, StoredGeneration, StoredTask } from './stored-values.ts'

/** The tables of runs, their steps and their tool calls, as `schema.ts` has those of conversations. */

export type RunStatus = 'queued' | 'running' | 'waiting' | Outcome

export type RunTable = {
  id: RunId
  session_id: SessionId
  user_id: UserId
  /** The user message that is answered. */
  question_id: MessageId
  /** The assistant message that is written; its row is made when the run starts. */
  message_id: MessageId
  status: RunStatus
  /** The node that drives the run; null when none does. */
  owner: string | null
  /** Fencing token: it is incremented with each takeover, and writes with an older number are refused. */
  attempt: number
  /**
   * True when the question's parent was chosen explicitly (null is the root); otherwise it follows the message before
   * it.
   */
  parent_chosen: Generated<boolean>
  /** The key by which a program asked for it; null where a person did. */
  key_id: Generated<KeyId | null>
  /** The order of a session's queue, smallest first. */
  place: Generated<number>
  model: string
  /** The names of the tools that the model was last offered: a repeated step is offered the same ones. */
  offered: JsonColumn<string[] | null>
  /** What was asked of this run alone; null for nothing. */
  options: JsonColumn<RunOptions | null>
  /** The run whose answer the question is to join, if that has a further step; else it is answered as any other. */
  steers: Generated<RunId | null>
  /** Of a run that continues an answer: the number of parts that were there. */
  base_parts: Generated<number | null>
  /** The answer of its last step that the provider writes by itself, if it does. */
  generation: ColumnType<StoredGeneration | null, string | null | undefined, string | null>
  /** True leaves the chunks in the log as they were committed, for readers that number them. */
  keeps_chunks: Generated<boolean>
  /** True ends that a while after the run has ended. */
  forgets_chunks: Generated<boolean>
  stop_requested_at: string | null
  finish: Finish | null
  usage: JsonColumn<Usage | null>
  error: JsonColumn<RunError | null>
  /** Notes for the person about how the answer was requested; null when there are none. */
  notes: JsonColumn<string[] | null>
  created_at: string
  started_at: string | null
  ended_at: string | null
  compacted_at: string | null
  /** From the start of its first attempt to its first word; null where another attempt went on, or none came. */
  first_token_ms: Generated<number | null>
}

/** A finished model call of a run. Its output is in the message's parts, and the model is never asked for it again. */
export type StepTable = {
  run_id: RunId
  step: number
  /** The number of parts in the message after this step's text and calls. */
  parts_end: number
  model: string
  finish: string
  usage: JsonColumn<StepUsage | null>
  provider_state: JsonColumn<unknown>
}

export type ToolCallTable = {
  id: CallId
  run_id: RunId
  session_id: SessionId
  user_id: UserId
  message_id: MessageId
  step: number
  part: number
  /** The id by which the provider knows the call. */
  provider_id: string
  name: string
  source: ToolCall['source']
  effect: ToolCall['effect']
  status: ToolCall['status']
  /** The arguments as the model wrote them, which need not be JSON. */
  arguments: string
  input: JsonColumn<unknown>
  output: JsonColumn<unknown>
  error: string | null
  started_at: string | null
  duration_ms: number | null
  /** The latest progress of a running call. */
  progress: JsonColumn<ToolProgress | null>
  /**
   * Hash of the tool, its schema and the arguments that a person is asked about: an approval is valid for these alone.
   */
  approval_hash: string | null
  /** The node that executes the call after its run, because a person asked for a retry. */
  owner: string | null
  /** The files that the call brought; null when it brought none. */
  files: JsonColumn<File[] | null>
  /** What became of files that could not be stored, a sentence each. */
  file_notes: JsonColumn<string[] | null>
  /** What the tool's server has asked a person while the call ran; null when it has asked nothing. */
  questions: JsonColumn<Question[] | null>
  /** The task at its MCP server that the call was made as; null when it is none. */
  task: JsonColumn<StoredTask | null>
  /** Until when a client may give the output of a call that it carries out; null without end. */
  deadline_at: Generated<string | null>
}
