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
import type {
  KeyId,
  MessageId,
  ProjectId,
  RunId,
  SessionId,
  UserId,
} from '../shared/contract/ids.ts'
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
  /** The time at which the deletion of the user began. Such a user counts as deleted everywhere else. */
  deleting_at: Generated<string | null>
  /** For a guest: an id that all guests of one address have, because they share their limits. */
  pool: Generated<UserId | null>
  /** Limits that an administrator set for this user in place of the settings'. */
  limits: ColumnType<UserLimits | null, string | null | undefined, string | null>
  /** The outside issuer that knows this user; null for all other users. */
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
  /** The time at which the current period began, with its first reader; null when there is none. */
  opened_at: string | null
  /** The time since which the session has no readers; null while it has some, and when it never had any. */
  left_at: string | null
  /** The job that may write the summary of the last closing. */
  summary_job: string | null
  /** The newest message that the summary covers. */
  summarised_leaf: MessageId | null
  project_id: Generated<ProjectId | null>
  /** The names of the tools that the model does not get in this session; null for none. */
  tools_off: JsonColumn<string[] | null>
  /** True deletes the session when it closes. */
  temporary: Generated<boolean>
  /** The words by which the person finds the session. */
  tags: Generated<string[]>
  /** The metadata that a client of `/v1/conversations` stored; null for none. */
  metadata: ColumnType<Record<string, string> | null, string | null | undefined, string | null>
  /** The events up to this `seq` were deleted, except the newest one; 0 for none. */
  pruned_to: Generated<number>
  /** Bytes of events that repeat stored state after a change, and of withdrawn messages: no message holds them. */
  change_bytes: Generated<number>
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
  /** For a user message that joined the answer before it: the index of the part before which it is. */
  joined_part: Generated<number | null>
  /** For an answer that was continued: the runs before `run_id` that wrote it, oldest first. */
  earlier_runs: Generated<RunId[] | null>
  /**
   * The retry for which the answer waited at that `seq`; it is over when `parts_seq` is greater, or the answer has
   * ended.
   */
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
  /** `speech` without a direction was written by a version that did not record it. */
  kind: 'title' | 'summary' | 'image' | 'speech' | 'speech-in' | 'speech-out'
  model: string
  usage: JsonColumn<Usage>
  created_at: string
  key_id: KeyId | null
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

/** Requests by `/v1/responses`. A run that waited and went on belongs to several of them. */
export type ResponseTable = {
  run_id: RunId
  segment: number
  /** The parts of the request that are repeated when the response is retrieved. */
  request: ColumnType<Record<string, unknown>, string, string>
  /** Its input items. */
  input: ColumnType<unknown[], string, string>
  created_at: string
  deleted_at: string | null
}
