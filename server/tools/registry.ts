import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { ToolInfo } from '../../shared/contract/api/tools.ts'
import { FileId } from '../../shared/contract/ids.ts'
import type { UserId } from '../../shared/contract/ids.ts'
import { describeIssues, readArguments } from './arguments.ts'
import { Timeout } from './timeout.ts'
import { CallLostError } from './tool.ts'
import type {
  BroughtFile,
  ParsedCall,
  Tool,
  ToolContext,
  ToolFailure,
  ToolOutcome,
  ToolSource,
} from './tool.ts'

/** The longest output of a tool in UTF-16 units of JSON: an event carries it whole, and a frame is limited to 1 MiB. */
const MAX_OUTPUT_LENGTH = 200_000
const MAX_ERROR_LENGTH = 2000
/** The most tools that all providers accept. */
export const MAX_OFFERED = 128

/** The context without what the registry adds: it gathers the attached files and returns them with the outcome. */
export type CallContext = Omit<ToolContext, 'attach' | 'unhurried'>

/** All available tools. */
export type ToolRegistry = {
  /**
   * The tools of one person, as a server lists them for that person; this decides about approvals. Without it the
   * registry has everybody's tools, each as somebody has it.
   */
  of(userId: UserId): ToolRegistry
  /** @param userId limits the list to what this person may use */
  list(userId?: UserId): ToolInfo[]
  /** The tools that are offered to the model. */
  offered(userId?: UserId): ToolInfo[]
  /** One tool of the list. */
  info(name: string): ToolInfo | undefined
  find(name: string): Tool | undefined
  /**
   * Parses a call that the model wrote: returns the tool, and the input to record and execute.
   * @param argumentsText JSON, as the model sent it; empty means no arguments
   */
  parse(name: string, argumentsText: string): ParsedCall
  /** True when a call with this input, as returned by `parse`, needs approval before it begins. */
  needsApproval(name: string, input: unknown): boolean
  /**
   * Executes a call of a tool in the caller's version. Never throws: an abort, a timeout and failures are outcomes. A
   * tool that continues after its timeout is not interrupted; its late result is dropped.
   *
   * @param input as returned by `parse`, possibly stored since: it is validated again
   */
  execute(name: string, input: unknown, context: CallContext): Promise<ToolOutcome>
  /** Waits for a tool that is expected soon; returns at once when it is available or not expected. */
  untilPresent(name: string, signal: AbortSignal): Promise<void>
  /** See `ToolSource`. */
  prepare: ToolSource['prepare']
  untilSettled: ToolSource['untilSettled']
  unsettled: ToolSource['unsettled']
  /**
   * Waits for tools that a run was offered earlier.
   * @returns the reasons why some are missing, for the model and the user
   */
  untilBack(names: readonly string[], signal: AbortSignal): Promise<string[]>
  /** Calls the listener whenever the tools change. Returns a function that unsubscribes. */
  onChange(listener: () => void): () => void
}

/**
 * @param tools the static tools; a tool of the source with the same name is not offered
 * @param options.timeoutMs the longest that one call may take
 * @param options.source the dynamic tools
 * @throws when two static tools have the same name
 */
export function createToolRegistry(
  tools: readonly Tool[],
  {
    timeoutMs,
    source,
    onTooMany = () => undefined,
    newId = randomUUID,
  }: {
    timeoutMs: number
    /** Makes the ids of attached files. */
    newId?: () => string
    source?: ToolSource
    /** Called with the names of the tools that are not offered, whenever they change. */
    onTooMany?: (names: string[]) => void
  },
): ToolRegistry {
  const own = new Map(tools.map((tool) => [tool.name, tool]))
  if (own.size < tools.length) throw new Error('two tools have the same name')
  const ownInfos = tools.map(describe)

  const findFor = (userId: UserId | undefined, name: string): Tool | undefined =>
    own.get(name) ?? source?.tools(userId).find((tool) => tool.name === name)
  const coming = (userId?: UserId): Tool[] =>
    source?.tools(userId).filter(({ name }) => !own.has(name)) ?? []

  const list = (userId?: UserId): ToolInfo[] =>
    [...ownInfos, ...coming(userId).map(describe)].map((info, index) =>
      index < MAX_OFFERED ? info : { ...info, offered: false },
    )
  // The first tools stay: those of this server, then those of the others in the order of the configuration and of their
  // lists.
  const left = () => [...own.keys(), ...coming().map(({ name }) => name)].slice(MAX_OFFERED)
  let reported = ''
  source?.onChange(() => {
    const names = left()
    if (names.join() !== reported && names.length > 0) onTooMany(names)
    reported = names.join()
  })

  const unknown = (userId: UserId | undefined, name: string): ToolFailure => {
    const why = source?.whyAbsent(name)
    if (why) return failure('unknown-tool', why)
    const names = [...own.keys(), ...coming(userId).map((tool) => tool.name)].join(', ') || 'none'
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

  const registryOf = (person: UserId | undefined): ToolRegistry => ({
    of: registryOf,
    list: (userId = person) => list(userId),
    offered: (userId = person) => list(userId).filter(({ offered }) => offered !== false),
    info: (name) => {
      const tool = findFor(person, name)
      return tool && describe(tool)
    },
    find: (name) => findFor(person, name),
    parse: (name, argumentsText) => {
      const tool = findFor(person, name)
      if (!tool) return unknown(person, name)
      const read = readArguments(tool.name, argumentsText)
      return read.ok ? check(tool, read.value) : failure('bad-arguments', read.error)
    },
    needsApproval: (name, input) => {
      const tool = findFor(person, name)
      return tool !== undefined && asksFirst(tool, input)
    },
    execute: async (name, input, context) => {
      const userId = context.caller.id
      const tool = findFor(userId, name)
      if (!tool) return unknown(userId, name)
      const checked = check(tool, input)
      return checked.ok
        ? run(tool, checked.input, context, { timeoutMs: tool.timeoutMs ?? timeoutMs, newId })
        : checked
    },
    untilPresent: async (name, signal) => {
      if (!own.has(name)) await source?.untilPresent(name, signal)
    },
    prepare: async (userId, signal) => source?.prepare(userId, signal),
    untilSettled: async (signal) => source?.untilSettled(signal),
    unsettled: () => source?.unsettled() ?? { isWaiting: false, reasons: [] },
    untilBack: async (names, signal) => {
      const away = () => names.filter((name) => !findFor(person, name))
      if (away().length > 0) await source?.untilBack(away(), signal)
      return [...new Set(away().map((name) => unknown(person, name).error))]
    },
    onChange: (listener) => source?.onChange(listener) ?? (() => undefined),
  })
  return registryOf(undefined)
}

function asksFirst({ approval, effect }: Tool, input: unknown): boolean {
  if (typeof approval === 'function') return approval(input)
  return approval === 'always' || (approval === 'writes' && effect !== 'read')
}

function describe(tool: Tool): ToolInfo {
  const { input, output } = tool.schemas ?? {
    input: jsonSchema(tool.input, 'input'),
    output: jsonSchema(tool.output, 'output'),
  }
  return {
    name: tool.name,
    ...(tool.title !== undefined && { title: tool.title }),
    description: tool.description,
    source: tool.source ?? 'builtin',
    effect: tool.effect,
    approval: typeof tool.approval === 'function' ? 'by-input' : tool.approval,
    inputSchema: input,
    ...(output && { outputSchema: output }),
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
  context: CallContext,
  { timeoutMs, newId }: { timeoutMs: number; newId: () => string },
): Promise<ToolOutcome> {
  const brought: (BroughtFile & { id: FileId })[] = []
  const attach = (file: BroughtFile): FileId => {
    const id = FileId.parse(newId())
    brought.push({ ...file, id })
    return id
  }
  using time = new Timeout(timeoutMs)
  const signal = AbortSignal.any([context.signal, time.signal])
  const { ask } = context
  // The timeout does not run while a person thinks.
  const patient: CallContext = ask
    ? { ...context, ask: (asked, given) => time.without(() => ask(asked, given)) }
    : context
  const ended = (): ToolFailure =>
    context.signal.aborted
      ? failure('stopped', 'The call was stopped.')
      : failure('timeout', `The tool did not answer within ${timeoutMs / 1000} seconds.`)
  if (signal.aborted) return ended()

  const { promise: aborted, resolve } = Promise.withResolvers<ToolFailure>()
  const onAbort = (): void => resolve(ended())
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    const outcome = await Promise.race([
      aborted,
      attempt(tool, input, {
        ...{ ...patient, signal, attach },
        unhurried: (work) => time.without(work),
      }),
    ])
    return outcome.ok && brought.length > 0 ? { ...outcome, brought } : outcome
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
    return toJson(output.data, tool.maxOutputLength ?? MAX_OUTPUT_LENGTH)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return failure(error instanceof CallLostError ? 'lost' : 'failed', reason)
  }
}

/**
 * A value that JSON cannot represent (a function, a cycle, a bigint) must fail here and not when the call is stored.
 */
function toJson(output: unknown, maxLength: number): ToolOutcome {
  const text: string | undefined = JSON.stringify(output)
  if (text === undefined) return failure('failed', 'The tool gave no answer.')
  if (text.length > maxLength) {
    return failure('failed', `The tool's answer is longer than ${maxLength} characters of JSON.`)
  }
  return { ok: true, output: JSON.parse(text) }
}

function failure(kind: ToolFailure['kind'], error: string): ToolFailure {
  const text = error || 'The tool failed and gave no reason.'
  const short = text.length > MAX_ERROR_LENGTH ? `${text.slice(0, MAX_ERROR_LENGTH)}…` : text
  // Postgres cannot store NUL, and a lone surrogate is not valid text either.
  return { ok: false, kind, error: short.replaceAll('\0', '\u{FFFD}').toWellFormed() }
}
