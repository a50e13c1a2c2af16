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
import type { RunTable, StepTable, ToolCallTable } from './schema-runs.ts'
import type { StoredPart } from './stored-values.ts'
import type { RunError } from '../shared/contract/errors.ts'
import type { MessageId, ProjectId, RunId, SessionId, UserId } from '../shared/contract/ids.ts'
import type { Message, MessageStatus, Rating, Usage, WaitsFor } from '../shared/contract/message.ts'
import type { Session } from '../shared/contract/session.ts'
import type { ShareId } from '../shared/contract/share.ts'
import type { Role, UserLimits } from '../shared/contract/user.ts'

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
  request: ColumnType<Record<string, unknown>, string, string>
  /** Its input items. */
  input: ColumnType<unknown[], string, string>
  created_at: string
  deleted_at: string | null
}
