import { isRecord } from '../../../shared/session/is-record.ts'

/** Reads the result of a tool call leniently. */
export function readResult(result: unknown): Record<string, unknown> {
  // For example `null`: the call succeeded without a result.
  if (result === null || result === undefined) return { content: [] }
  if (Array.isArray(result)) return { content: result }
  if (typeof result === 'string') return { content: [text(result)] }
  if (!isRecord(result)) return { content: [text(JSON.stringify(result) ?? '')] }
  const { content, structuredContent, isError, _meta: _, resultType, ...others } = result
  // The server wants something of the person first.
  if (resultType === 'input_required') return { resultType, ...others }
  const hasShape = content !== undefined || structuredContent !== undefined || isError !== undefined
  // Some servers return the tool's data without the wrapper that the protocol requires.
  const bare = !hasShape && Object.keys(others).length > 0 ? others : undefined
  const data = structuredContent ?? bare
  return {
    content: piecesOf(content),
    ...(data !== undefined && { structuredContent: data }),
    // A call that was requested as a task is answered with the task.
    ...(bare && isRecord(bare['task']) && { task: bare['task'] }),
    ...((isError === true || isError === 'true') && { isError: true }),
    // The protocol revision of 2026-07-28 has it in every result.
    ...(typeof resultType === 'string' && { resultType }),
  }
}

function piecesOf(content: unknown): unknown[] {
  if (content === undefined) return []
  if (Array.isArray(content)) {
    return content.map((one) => (typeof one === 'string' ? text(one) : one))
  }
  return isRecord(content)
    ? [content]
    : [text(typeof content === 'string' ? content : (JSON.stringify(content) ?? ''))]
}

/**
 * Reads the parts of the server's self-description that are used: the protocol version, and whether it has resources,
 * prompts, and tasks for calls. The rest may be invalid.
 */
export function readInitialization(result: unknown): Record<string, unknown> {
  const { capabilities, protocolVersion } = isRecord(result) ? result : {}
  const known = isRecord(capabilities) ? capabilities : {}
  const { requests } = isRecord(known['tasks']) ? known['tasks'] : {}
  const { tools } = isRecord(requests) ? requests : {}
  const hasTasks = isRecord(tools) && isRecord(tools['call'])
  return {
    ...(protocolVersion !== undefined && { protocolVersion }),
    capabilities: {
      ...(isRecord(known['resources']) && { resources: {} }),
      ...(isRecord(known['prompts']) && { prompts: {} }),
      ...(hasTasks && { tasks: { requests: { tools: { call: {} } } } }),
    },
    serverInfo: { name: 'unknown', version: 'unknown' },
  }
}

function text(words: string) {
  return { type: 'text', text: words }
}
