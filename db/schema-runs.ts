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

/** The tables of runs, their steps and their tool calls; `schema.ts` has those of conversations. */

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
  /** The API key with which a program asked for the run; null when a person did. */
  key_id: Generated<KeyId | null>
  /** The order of a session's queue, smallest first. */
  place: Generated<number>
  model: string
  /** The names of the tools that the model was last offered: a repeated step is offered the same ones. */
  offered: JsonColumn<string[] | null>
  /** The options of this run only; null for none. */
  options: JsonColumn<RunOptions | null>
  /** The run whose answer the question joins, if that run has a further step; otherwise this run answers it. */
  steers: Generated<RunId | null>
  /** For a run that continues an answer: the number of parts that the answer had. */
  base_parts: Generated<number | null>
  /** The answer of its last step, if the provider writes it in the background. */
  generation: ColumnType<StoredGeneration | null, string | null | undefined, string | null>
  /** True leaves the chunks in the log unmerged, for readers that number them. */
  keeps_chunks: Generated<boolean>
  /** True lets them be merged a while after the run has ended. */
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
  /** From the start of its first attempt to its first text; null when another attempt wrote that, or there was none. */
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
  /** The provider's id of the call. */
  provider_id: string
  name: string
  source: ToolCall['source']
  effect: ToolCall['effect']
  status: ToolCall['status']
  /** The arguments as the model wrote them, which may not be JSON. */
  arguments: string
  input: JsonColumn<unknown>
  output: JsonColumn<unknown>
  error: string | null
  started_at: string | null
  duration_ms: number | null
  /** The latest progress of a running call. */
  progress: JsonColumn<ToolProgress | null>
  /**
   * Hash of the tool, its schema and the arguments that a person is asked to approve; an approval is valid for these
   * only.
   */
  approval_hash: string | null
  /** The node that executes the call apart from its run, because a person asked for a retry. */
  owner: string | null
  /** The files that the call returned; null for none. */
  files: JsonColumn<File[] | null>
  /** One sentence for each file that could not be stored. */
  file_notes: JsonColumn<string[] | null>
  /** The questions of the tool's server to a person during the call; null for none. */
  questions: JsonColumn<Question[] | null>
  /** The `seq` of the event with the open question; null when none is open. */
  asked_seq: Generated<number | null>
  /** The task at the MCP server that carries the call out; null when there is none. */
  task: JsonColumn<StoredTask | null>
  /** The time until which a client may give the output of a call that it carries out; null for no limit. */
  deadline_at: Generated<string | null>
}
