import { CallId, RunId, SessionId } from '../../shared/contract/ids.ts'

/** The digits of an id. Other protocols write ids as a prefix and 32 hexadecimal digits. */
export function hex(id: string): string {
  return id.replaceAll('-', '')
}

/** Formats the digits as a UUID. The reader of the id validates it. */
export function dashed(digits: string): string {
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** A run that waits for outputs and goes on is several responses: the first has no number, the others have 1, 2 … */
export type Segment = { runId: RunId; segment: number }

export function responseId({ runId, segment }: Segment): string {
  return `resp_${hex(runId)}${segment > 0 ? `_${segment}` : ''}`
}

export function readResponseId(id: string): Segment | null {
  const found = /^resp_([0-9a-f]{32})(?:_([1-9][0-9]{0,5}))?$/i.exec(id)
  const runId = found && RunId.safeParse(dashed(found[1] ?? '')).data
  return runId ? { runId, segment: Number(found[2] ?? 0) } : null
}

export function conversationId(id: SessionId): string {
  return `conv_${hex(id)}`
}

export function readConversationId(id: string): SessionId | null {
  return SessionId.safeParse(dashed(id.replace(/^conv_/, ''))).data ?? null
}

export function callId(id: CallId): string {
  return `call_${hex(id)}`
}

/** Reads the id of a call, or of a request for its approval. */
export function readCallId(id: string): CallId | null {
  return CallId.safeParse(dashed(id.replace(/^(call|mcpr|mcp)_/, ''))).data ?? null
}
