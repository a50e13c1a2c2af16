import { Ajv } from '@modelcontextprotocol/client/validators/ajv'
import { z } from 'zod'
import type { ToolEffect } from '../../shared/contract/tool.ts'
import type { Tool, ToolContext } from '../tools/port.ts'
import type { McpServerConfig } from './config.ts'
import { offeredName } from './names.ts'
import { MAX_OUTPUT_LENGTH } from './output.ts'

/** Tools of one server; what providers take of all together is no more than this. */
const MAX_TOOLS = 128
/** UTF-16 units. Descriptions and schemas are sent to the model at every step. */
const MAX_DESCRIPTION = 4_096
const MAX_SCHEMA = 32_768

const Hint = z.boolean().optional().catch(undefined)
const Schema = z.record(z.string(), z.unknown())

/** A tool as a server lists it: what of this is odd and only tells is taken as absent. */
const Listed = z.object({
  name: z.string().min(1).max(1_000),
  description: z.string().optional().catch(undefined),
  inputSchema: Schema,
  outputSchema: Schema.optional().catch(undefined),
  annotations: z.object({ readOnlyHint: Hint, idempotentHint: Hint }).optional().catch(undefined),
  execution: z.object({ taskSupport: z.string() }).optional().catch(undefined),
})

const Arguments = z.record(z.string(), z.unknown())

type Execute = (
  tool: string,
  input: Record<string, unknown>,
  context: ToolContext,
) => Promise<unknown>

/**
 * The tools that a server's list comes to. One that a model could not be offered is left out, and costs only itself: a
 * provider refuses the whole request for one schema that is none.
 *
 * @param listed as the server sent them
 * @param execute carries out a call of the tool that the server knows by that name
 * @returns the tools, and for each that is left out why
 */
export function toTools(
  { name: server, approval }: Pick<McpServerConfig, 'name' | 'approval'>,
  listed: readonly unknown[],
  execute: Execute,
): { tools: Tool[]; refused: string[] } {
  const tools = new Map<string, Tool>()
  const refused: string[] = []
  for (const [index, one] of listed.entries()) {
    const parsed = Listed.safeParse(one)
    if (!parsed.success) {
      refused.push(`tool ${index + 1} has no name or no input schema`)
      continue
    }
    const {
      name,
      description = '',
      inputSchema,
      outputSchema,
      annotations,
      execution,
    } = parsed.data
    const offered = offeredName(server, name)
    const problem =
      tools.size >= MAX_TOOLS
        ? `there are more than ${MAX_TOOLS}`
        : tools.has(offered)
          ? 'another has its name'
          : execution?.taskSupport === 'required'
            ? 'it can be called as a task only'
            : problemOf(inputSchema)
    if (problem) {
      refused.push(`${JSON.stringify(name.slice(0, 100))}: ${problem}`)
      continue
    }
    tools.set(offered, {
      name: offered,
      description: clip(description),
      source: `mcp:${server}`,
      effect: effectOf(annotations ?? {}),
      approval,
      input: Arguments,
      output: z.unknown(),
      schemas: {
        input: withoutDialect(inputSchema),
        ...(outputSchema && isShort(outputSchema) && { output: withoutDialect(outputSchema) }),
      },
      maxOutputLength: MAX_OUTPUT_LENGTH,
      execute: (input, context) => execute(name, Arguments.parse(input), context),
    })
  }
  return { tools: [...tools.values()], refused }
}

/** What a server says of itself is a hint; a tool without one may do anything, and must not run twice. */
function effectOf(hints: {
  readOnlyHint?: boolean | undefined
  idempotentHint?: boolean | undefined
}): ToolEffect {
  if (hints.readOnlyHint) return 'read'
  return hints.idempotentHint ? 'idempotent' : 'once'
}

const ajv = new Ajv({ strict: false, logger: false })

/** Why a schema cannot be sent to a model, or null. Whether the arguments fit it is the server's to say. */
function problemOf(schema: Record<string, unknown>): string | null {
  if (schema.type !== 'object') return 'its input is no object'
  if (!isShort(schema)) return `its schema is longer than ${MAX_SCHEMA} characters`
  try {
    return ajv.validateSchema(withoutDialect(schema)) === true
      ? null
      : 'its input schema is no JSON Schema'
  } catch {
    // Such as one that is nested too deeply to be walked.
    return 'its input schema cannot be read'
  }
}

function isShort(schema: Record<string, unknown>): boolean {
  return JSON.stringify(schema).length <= MAX_SCHEMA
}

/** Some providers refuse `$schema` among a tool's parameters. */
function withoutDialect({ $schema: _, ...rest }: Record<string, unknown>): Record<string, unknown> {
  return rest
}

function clip(text: string): string {
  const clean = text.toWellFormed()
  return clean.length > MAX_DESCRIPTION ? `${clean.slice(0, MAX_DESCRIPTION - 1)}…` : clean
}
