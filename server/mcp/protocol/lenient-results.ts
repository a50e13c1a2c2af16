/** Reads the result of a tool call leniently. */
export function readResult(result: unknown): Record<string, unknown> {
  // For example `null`: the call succeeded without a result.
  if (result === null || result === undefined) return { content: [] }
  if (Array.isArray(result)) return { content: result }
  if (typeof result === 'string') return { content: [text(result)] }
  if (!isObject(result)) return { content: [text(JSON.stringify(result) ?? '')] }
  const { content, structuredContent, isError, _meta: _, resultType: __, ...others } = result
  const hasShape = content !== undefined || structuredContent !== undefined || isError !== undefined
  // Some servers return the tool's data without the wrapper that the protocol requires.
  const bare = !hasShape && Object.keys(others).length > 0 ? others : undefined
  const data = structuredContent ?? bare
  return {
    content: piecesOf(content),
    ...(data !== undefined && { structuredContent: data }),
    // A call that was asked for as a task is answered by the task.
    ...(bare && isObject(bare['task']) && { task: bare['task'] }),
    ...((isError === true || isError === 'true') && { isError: true }),
  }
}

function piecesOf(content: unknown): unknown[] {
  if (content === undefined) return []
  if (Array.isArray(content)) {
    return content.map((one) => (typeof one === 'string' ? text(one) : one))
  }
  return isObject(content)
    ? [content]
    : [text(typeof content === 'string' ? content : (JSON.stringify(content) ?? ''))]
}

/**
 * Of the server's self-description its protocol version is used, and whether it has resources, prompts, and tasks for
 * calls; the rest may be invalid.
 */
export function readInitialization(result: unknown): Record<string, unknown> {
  const { capabilities, protocolVersion } = isObject(result) ? result : {}
  const known = isObject(capabilities) ? capabilities : {}
  const { requests } = isObject(known['tasks']) ? known['tasks'] : {}
  const { tools } = isObject(requests) ? requests : {}
  const hasTasks = isObject(tools) && isObject(tools['call'])
  return {
    ...(protocolVersion !== undefined && { protocolVersion }),
    capabilities: {
      ...(isObject(known['resources']) && { resources: {} }),
      ...(isObject(known['prompts']) && { prompts: {} }),
      ...(hasTasks && { tasks: { requests: { tools: { call: {} } } } }),
    },
    serverInfo: { name: 'unknown', version: 'unknown' },
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function text(words: string) {
  return { type: 'text', text: words }
}
