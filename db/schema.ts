import type { ColumnType, Generated } from 'kysely'
import type {
  ApiKeyTable,
  AuditLogTable,
  AuthAccountTable,
  AuthLinkTable,
  AuthSessionTable,
  AuthUserTable,
} from './schema-accounts.ts'
import type {
  FileCheckTable,
  FileContentTable,
  FileTable,
  MessageFileTable,
  SharedFileTable,
  StrayObjectTable,
} from './schema-files.ts'
import type { File } from '../shared/contract/file.ts'
import type { RunError } from '../shared/contract/errors.ts'
import type {
  CallId,
  KeyId,
  MessageId,
  ProjectId,
  RunId,
  SessionId,
  UserId,
} from '../shared/contract/ids.ts'
import type {
  Message,
  MessageStatus,
  FilePart,
  Rating,
  Outcome,
  TextPart,
  Usage,
  WaitsFor,
} from '../shared/contract/message.ts'
import type { Question } from '../shared/contract/question.ts'
import type { Session } from '../shared/contract/session.ts'
import type { ShareId } from '../shared/contract/share.ts'
import type { ToolCall, ToolProgress } from '../shared/contract/tool.ts'
import type { RunOptions } from '../shared/contract/run-options.ts'
import type { Role, UserLimits } from '../shared/contract/user.ts'
import type { Finish } from '../shared/contract/events.ts'

import type {
  McpClientTable,
  McpLoginTable,
  McpSignInTable,
  PresetTable,
  ProjectFileTable,
  ProjectTable,
  PushSubscriptionTable,
  PushTable,
  WithdrawnMessageTable,
} from './schema-belongings.ts'

/** Written as JSON text, read as a parsed value. */
export type JsonColumn<T> = ColumnType<T, string | null, string | null>

/** A generated column. */
type Derived = ColumnType<string, never, never>

/** The tables, as both databases return them: times are ISO 8601 strings, `bigint` is a number, `json` is parsed. */
export type Schema = {
  users: UserTable
  sessions: SessionTable
  messages: MessageTable
  runs: RunTable
  steps: StepTable
  tool_calls: ToolCallTable
  events: EventTable
  nodes: NodeTable
  shares: ShareTable
  readers: ReaderTable
  background_usage: BackgroundUsageTable
  node_secrets: NodeSecretTable
  auth_users: AuthUserTable
  auth_sessions: AuthSessionTable
  auth_accounts: AuthAccountTable
  auth_links: AuthLinkTable
  api_keys: ApiKeyTable
  audit_log: AuditLogTable
  responses: ResponseTable
  presets: PresetTable
  projects: ProjectTable
  project_files: ProjectFileTable
  push_subscriptions: PushSubscriptionTable
  mcp_logins: McpLoginTable
  mcp_sign_ins: McpSignInTable
  mcp_clients: McpClientTable
  pushes: PushTable
  withdrawn_messages: WithdrawnMessageTable
  file_contents: FileContentTable
  files: FileTable
  message_files: MessageFileTable
  stray_objects: StrayObjectTable
  file_checks: FileCheckTable
  shared_files: SharedFileTable
}

export type UserTable = {
  id: UserId
  name: string
  email: string | null
  role: Role
  account_status: 'active' | 'suspended'
  subscription_tier: 'free' | 'pro' | 'enterprise'
  /** Set exactly while `account_status` is `suspended`. */
  suspended_at: Generated<string | null>
  /** Since when they are being deleted: nobody any more, but for what is still to be removed. */
  deleting_at: Generated<string | null>
  /** Limits that an administrator set for this user in place of the settings'. */
  limits: ColumnType<UserLimits | null, string | null | undefined, string | null>
  /** Who an outside issuer says this is; null for everybody else. */
  issuer: Generated<string | null>
  subject: Generated<string | null>
  created_at: Generated<string>
}

export type SessionTable = {
  id: SessionId
  user_id: UserId
  title: string | null
  /** The origin of the title: one set by a person is never replaced. */
  title_source: 'person' | 'model' | 'rule' | null
  summary: string | null
  status: Generated<Session['status']>
  model: string | null
  system_prompt: string | null
  pinned: Generated<boolean>
  archived: Generated<boolean>
  /** The newest message of the active branch; null before the first. */
  active_leaf: MessageId | null
  created_at: string
  updated_at: string
  ended_at: string | null
  /** The total of the periods in which the session was open, without the current one. */
  duration_ms: number | null
  /** When the current period began, with its first reader; null while there is none. */
  opened_at: string | null
  /** Since when the session has no readers; null while it has some, and when it never had any. */
  left_at: string | null
  /** The job that may write the summary of the last closing. */
  summary_job: string | null
  /** The newest message that the summary covers. */
  summarised_leaf: MessageId | null
  project_id: Generated<ProjectId | null>
  /** The names of the tools that the model is not offered here; null for none. */
  tools_off: JsonColumn<string[] | null>
  /** True deletes the session when it closes. */
  temporary: Generated<boolean>
  /** The words of title and summary, as a `tsvector`. */
  search_words: Derived
}

/** A part as it is stored: of a tool call only the id, because calls have their own table. */
export type StoredPart = TextPart | FilePart | { type: 'tool'; id: CallId }

export type MessageTable = {
  id: MessageId
  session_id: SessionId
  user_id: UserId
  parent_id: MessageId | null
  role: 'user' | 'assistant'
  /** The parts as of `parts_seq`. */
  parts: JsonColumn<StoredPart[]>
  /** The `seq` up to which `parts` are complete; later chunks are only in the log. */
  parts_seq: number
  /** The words of the text parts, for search. */
  text: string
  /** The words of `text`, as a `tsvector`. */
  search_words: Derived
  status: MessageStatus
  run_id: RunId | null
  model: string | null
  usage: JsonColumn<Usage | null>
  error: JsonColumn<RunError | null>
  created_at: string
  rating: Generated<Rating | null>
  rating_comment: Generated<string | null>
  /** Of a user message that joined the answer before it: the part of the answer before which it stands. */
  joined_part: Generated<number | null>
  /** Of an answer that was continued: the runs before `run_id` that wrote it, oldest first. */
  earlier_runs: Generated<RunId[] | null>
  /** What the answer waited for at that `seq`; over as soon as `parts_seq` is beyond it, or the answer has ended. */
  waits_for: JsonColumn<(WaitsFor & { seq: number }) | null>
}

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

/** Where a provider has the answer that it writes by itself. */
export type StoredGeneration = {
  /** Counts from 0. */
  step: number
  /** Read by the model port that wrote it. */
  at: { api: 'responses'; host: string; id: string }
  /** What was set aside for it in the budgets, null for nothing; read by the budget that wrote it. */
  reserved: unknown
}

/** The usage of a step. Steps from before costs were recorded have no `costUsd`. */
export type StepUsage = Omit<Usage, 'costUsd'> & { costUsd?: number | null }

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

/** A task of an MCP server, by the server's id for it. */
export type StoredTask = {
  id: string
  /** Milliseconds between two looks, as the server wishes. */
  pollMs?: number
}

export type EventTable = {
  session_id: SessionId
  seq: number
  run_id: RunId | null
  /** The event's type. `branch` marks a change of the active branch; readers get a new snapshot in its place. */
  type: string
  /** The event as JSON text; it is never queried. */
  data: string
  created_at: Generated<string>
}

export type NodeTable = {
  id: string
  started_at: Generated<string>
  lease_until: string
}

export type ShareTable = {
  id: ShareId
  token: string
  session_id: SessionId
  user_id: UserId
  /** The title and the messages at the time of sharing. */
  title: string | null
  messages: ColumnType<Message[], string, never>
  created_at: string
}

/** Token usage of a title or a summary. */
export type BackgroundUsageTable = {
  id: string
  session_id: SessionId
  user_id: UserId
  kind: 'title' | 'summary' | 'image' | 'speech'
  model: string
  usage: JsonColumn<Usage>
  created_at: string
}

/** A node on which a session is being read. It counts while the node is alive. */
export type ReaderTable = {
  session_id: SessionId
  node_id: string
}

/** Secrets that the nodes on one database share and no other role may read. */
export type NodeSecretTable = {
  name: string
  secret: string
  created_at: Generated<string>
}

/** What was asked for through `/v1/responses`. A run that waited and went on is several of them. */
export type ResponseTable = {
  run_id: RunId
  segment: number
  /** What of the request is said again when it is retrieved. */
  request: ColumnType<Record<string, unknown>, string, never>
  /** Its input items. */
  input: ColumnType<unknown[], string, never>
  created_at: string
  deleted_at: string | null
}
