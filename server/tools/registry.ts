import { z } from 'zod'
import { describeIssues, readArguments } from './arguments.ts'
import type {
  ParsedCall,
  Tool,
  ToolContext,
  ToolFailure,
  ToolInfo,
  ToolOutcome,
  ToolRegistry,
} from './port.ts'

/** The most a tool may answer, in UTF-16 units of JSON: an event carries it whole, and a frame holds 1 MiB. */
const MAX_OUTPUT_LENGTH = 200_000
const MAX_ERROR_LENGTH = 2000

/**
 * @param options.timeoutMs the longest that one call may take, in milliseconds
 * @throws when two tools have one name
 */
export function createToolRegistry(
  tools: readonly Tool[],
  { timeoutMs }: { timeoutMs: number },
): ToolRegistry {
  const byName = new Map(tools.map((tool) => [tool.name, tool]))
  if (byName.size < tools.length) throw new Error('two tools have the same name')
  const infos = tools.map(describe)

  const unknown = (name: string): ToolFailure => {
    const names = [...byName.keys()].join(', ') || 'none'
    return failure(
      'unknown-tool',
      `There is no tool named "${name.slice(0, 100)}". Tools: ${names}.`,
    )
  }

  const check = (tool: Tool, input: unknown): ParsedCall => {
    const parsed = tool.input.safeParse(input)
    return parsed.success
      ? { ok: true, tool, input: parsed.data }
      : failure('bad-arguments', describeIssues(tool.name, parsed.error))
  }

  return {
    list: () => infos,
    find: (name) => byName.get(name),
    parse: (name, argumentsText) => {
      const tool = byName.get(name)
      if (!tool) return unknown(name)
      const read = readArguments(tool.name, argumentsText)
      return read.ok ? check(tool, read.value) : failure('bad-arguments', read.error)
    },
    needsApproval: (name, input) => {
      const tool = byName.get(name)
      return tool !== undefined && asksFirst(tool, input)
    },
    execute: async (name, input, context) => {
      const tool = byName.get(name)
      if (!tool) return unknown(name)
      const checked = check(tool, input)
      return checked.ok ? run(tool, checked.input, context, timeoutMs) : checked
    },
  }
}

function asksFirst({ approval, effect }: Tool, input: unknown): boolean {
  if (typeof approval === 'function') return approval(input)
  return approval === 'always' || (approval === 'writes' && effect !== 'read')
}

function describe(tool: Tool): ToolInfo {
  return {
    name: tool.name,
    description: tool.description,
    source: 'builtin',
    effect: tool.effect,
    approval: typeof tool.approval === 'function' ? 'by-input' : tool.approval,
    inputSchema: jsonSchema(tool.input, 'input'),
    outputSchema: jsonSchema(tool.output, 'output'),
  }
}

/** Without `$schema`, which some providers refuse among a tool's parameters. */
function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io })
  return rest
}

async function run(
  tool: Tool,
  input: unknown,
  context: ToolContext,
  timeoutMs: number,
): Promise<ToolOutcome> {
  const time = AbortSignal.timeout(timeoutMs)
  const signal = AbortSignal.any([context.signal, time])
  const ended = (): ToolFailure =>
    context.signal.aborted
      ? failure('stopped', 'The call was stopped.')
      : failure('timeout', `The tool did not answer within ${timeoutMs / 1000} seconds.`)
  if (signal.aborted) return ended()

  const { promise: aborted, resolve } = Promise.withResolvers<ToolFailure>()
  const onAbort = (): void => resolve(ended())
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([aborted, attempt(tool, input, { ...context, signal })])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

async function attempt(tool: Tool, input: unknown, context: ToolContext): Promise<ToolOutcome> {
  try {
    const output = tool.output.safeParse(await tool.execute(input, context))
    if (!output.success) {
      return failure(
        'failed',
        `The tool's answer does not fit its schema. ${z.prettifyError(output.error)}`,
      )
    }
    return toJson(output.data)
  } catch (error) {
    return failure('failed', error instanceof Error ? error.message : String(error))
  }
}

/** What JSON cannot carry (a function, a cycle, a bigint) must fail here, not where the call is recorded. */
function toJson(output: unknown): ToolOutcome {
  const text: string | undefined = JSON.stringify(output)
  if (text === undefined) return failure('failed', 'The tool gave no answer.')
  if (text.length > MAX_OUTPUT_LENGTH) {
    return failure(
      'failed',
      `The tool's answer is longer than ${MAX_OUTPUT_LENGTH} characters of JSON.`,
    )
  }
  return { ok: true, output: JSON.parse(text) }
}

function failure(kind: ToolFailure['kind'], error: string): ToolFailure {
  const text = error || 'The tool failed and gave no reason.'
  return {
    ok: false,
    kind,
    error: text.length > MAX_ERROR_LENGTH ? `${text.slice(0, MAX_ERROR_LENGTH)}…` : text,
  }
}
