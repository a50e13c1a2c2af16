import type { ColumnType, Generated } from 'kysely'
import type { RunError } from '../shared/contract/errors.ts'
import type { CallId, MessageId, RunId, SessionId, UserId } from '../shared/contract/ids.ts'
import type {
  Message,
  MessageStatus,
  Outcome,
  TextPart,
  Usage,
} from '../shared/contract/message.ts'
import type { Session } from '../shared/contract/session.ts'
import type { ShareId } from '../shared/contract/share.ts'
import type { ToolCall, ToolProgress } from '../shared/contract/tool.ts'
import type { Finish } from '../shared/contract/events.ts'

/** JSON text going in, parsed coming out. */
type JsonColumn<T> = ColumnType<T, string | null, string | null>

/** What the database makes by itself, for its own use. */
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
}

export type UserTable = {
  id: UserId
  name: string
  email: string | null
  role: 'member' | 'admin'
  account_status: 'active' | 'suspended'
  subscription_tier: 'free' | 'pro' | 'enterprise'
  created_at: Generated<string>
}

export type SessionTable = {
  id: SessionId
  user_id: UserId
  title: string | null
  /** Who gave the title: only a person's own is never replaced. */
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
  /** Of the openings that have ended. */
  duration_ms: number | null
  /** When the opening that goes on began, which is with its first reader; null while there is none. */
  opened_at: string | null
  /** Since when nobody reads the session; null while somebody does, and when nobody ever did. */
  left_at: string | null
  /** The job that is to write the summary of the last closing, while it may still do so. */
  summary_job: string | null
  /** The newest message that the summary knows. */
  summarised_leaf: MessageId | null
  /** The words of title and summary, as a `tsvector`. */
  search_words: Derived
}

/** A part as it is stored: a tool call stands in its own table, and here by its id. */
export type StoredPart = TextPart | { type: 'tool'; id: CallId }

export type MessageTable = {
  id: MessageId
  session_id: SessionId
  user_id: UserId
  parent_id: MessageId | null
  role: 'user' | 'assistant'
  /** The parts as they were at `parts_seq`. */
  parts: JsonColumn<StoredPart[]>
  /** The log position up to which `parts` are true; chunks after it are still in the log alone. */
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
  /** The node that drives the run, while one does. */
  owner: string | null
  /** Counts the nodes that took the run up: whoever holds an older number can write nothing more. */
  attempt: number
  /** Whether the question was given its parent, null for the root; else it follows what comes before it. */
  parent_chosen: Generated<boolean>
  /** Orders the queue of a session, smallest first. */
  place: Generated<number>
  model: string
  /** The names of the tools that the model was offered last: a step that is done again is offered the same. */
  offered: JsonColumn<string[] | null>
  stop_requested_at: string | null
  finish: Finish | null
  usage: JsonColumn<Usage | null>
  error: JsonColumn<RunError | null>
  /** What a person is told about how the answer was asked for; null when there is nothing to tell. */
  notes: JsonColumn<string[] | null>
  created_at: string
  started_at: string | null
  ended_at: string | null
  compacted_at: string | null
}

/** What a step used. Steps from before costs were known have none. */
export type StepUsage = Omit<Usage, 'costUsd'> & { costUsd?: number | null }

/** A finished model call of a run: what it said is in the message's parts, and is never asked for again. */
export type StepTable = {
  run_id: RunId
  step: number
  /** How many parts the message has when this step's text and calls are in it. */
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
  /** While it runs. */
  progress: JsonColumn<ToolProgress | null>
  /** Of the tool, its schema and the arguments that a person is asked about: an approval is for these alone. */
  approval_hash: string | null
  /** The node that carries the call out after its run, because a person wanted it tried again. */
  owner: string | null
}

export type EventTable = {
  session_id: SessionId
  seq: number
  run_id: RunId | null
  /** The event's type; `branch` stands for a new active branch, and a reader gets a fresh snapshot in its place. */
  type: string
  /** The event, as JSON text: it is never queried into. */
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
  /** The title and the messages as they were when they were shared. */
  title: string | null
  messages: ColumnType<Message[], string, never>
  created_at: string
}

/** What a title or a summary used. */
export type BackgroundUsageTable = {
  id: string
  session_id: SessionId
  user_id: UserId
  kind: 'title' | 'summary'
  model: string
  usage: JsonColumn<Usage>
  created_at: string
}

/** A node on which a session is being read. It counts as long as the node lives. */
export type ReaderTable = {
  session_id: SessionId
  node_id: string
}

/** What nodes on one database share and nobody else may read. */
export type NodeSecretTable = {
  name: string
  secret: string
  created_at: Generated<string>
}
