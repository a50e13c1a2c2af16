import type { Generated } from 'kysely'
import type {
  FileId,
  MessageId,
  PresetId,
  ProjectId,
  SessionId,
  UserId,
} from '../shared/contract/ids.ts'
import type { JsonColumn } from './schema.ts'

/** The tables of people's things besides conversations; `schema.ts` has those of conversations. */

export type PresetTable = {
  id: PresetId
  user_id: UserId
  name: string
  instructions: string | null
  model: string | null
  tools_off: JsonColumn<string[] | null>
  suggestions: JsonColumn<string[]>
  created_at: string
  updated_at: string
}

export type ProjectTable = {
  id: ProjectId
  user_id: UserId
  name: string
  instructions: string | null
  archived: Generated<boolean>
  created_at: string
  updated_at: string
}

export type ProjectFileTable = {
  project_id: ProjectId
  file_id: FileId
  /** Counts from 0. */
  place: number
}

/** A device that gets notifications by Web Push. */
export type PushSubscriptionTable = {
  id: string
  user_id: UserId
  /** The login with which it was subscribed, and with whose end it is removed; null without logins. */
  login_id: string | null
  endpoint: string
  p256dh: string
  auth: string
  created_at: string
}

/** A notification to be sent to a device. */
export type PushTable = {
  subscription_id: string
  session_id: SessionId
  seq: number
  kind: 'done' | 'waits'
  created_at: string
  /** Until this time a node is sending it. */
  claimed_until: string | null
  tries: Generated<number>
  done_at: string | null
}

export type WithdrawnMessageTable = {
  id: MessageId
  session_id: SessionId
  withdrawn_at: Generated<string>
}

/** A person's login at an MCP server, by OAuth. */
export type McpLoginTable = {
  user_id: UserId
  server: string
  /** The tokens, and the data for renewing them, encrypted. */
  sealed: string
  /** Until this time only one node may renew it. */
  renewing_until: string | null
  updated_at: Generated<string>
}

/** A sign-in at an MCP server that has begun. */
export type McpSignInTable = {
  /** SHA-256 of the state that comes back at the end of the sign-in. */
  state_hash: string
  user_id: UserId
  server: string
  /** The verifier, and the page on which it began, encrypted. */
  sealed: string
  expires_at: string
}

/** The registration of this server at the authorization server of an MCP server. */
export type McpClientTable = {
  server: string
  issuer: string
  redirect_url: string
  /** Encrypted, because it may have a secret. */
  sealed: string
}
