import { z } from 'zod'
import type { ToolEffect } from '../../shared/contract/tool.ts'
import type { Tool, ToolContext } from '../tools/tool.ts'
import type { McpServerConfig } from './config.ts'
import { offeredName } from './names.ts'
import { MAX_OUTPUT_LENGTH } from './calls/output.ts'
import { isShort, mendedSchema, withoutDialect } from './protocol/schemas.ts'

/** The most tools of one server; providers accept no more for all servers together. */
const MAX_TOOLS = 128
/** UTF-16 units. Descriptions are sent to the model with every step. */
const MAX_DESCRIPTION = 4_096

const Hint = z.boolean().optional().catch(undefined)
const Title = z.string().trim().min(1).max(100).optional().catch(undefined)
const Schema = z.record(z.string(), z.unknown())

/** A tool as a server lists it; invalid optional fields are treated as absent. */
const Listed = z.object({
  name: z.string().min(1).max(1_000),
  title: Title,
  description: z.string().optional().catch(undefined),
  inputSchema: z.unknown().optional(),
  outputSchema: Schema.optional().catch(undefined),
  annotations: z
    .object({ title: Title, readOnlyHint: Hint, idempotentHint: Hint })
    .optional()
    .catch(undefined),
  execution: z.object({ taskSupport: z.string().optional() }).optional().catch(undefined),
})

const Arguments = z.record(z.string(), z.unknown())

type Execute = (
  /** The tool under the server's name for it, and in the form in which the model gets it. */
  tool: { listedName: string; offered: Tool; isTask: boolean },
  input: Record<string, unknown>,
  context: ToolContext,
) => Promise<unknown>

/**
 * Converts a server's list into tools. A tool that cannot be offered to a model is left out by itself, because
 * providers refuse a whole request for one invalid schema.
 * @param listed as the server sent them
 * @param execute executes a call of a tool
 * @param options.hasTasks whether the server can carry calls out as tasks
 * @returns the tools, the reason for each that is left out, and the tools whose schemas had invalid keywords removed
 */
export function toTools(
  { name: server, approval }: Pick<McpServerConfig, 'name' | 'approval'>,
  listed: readonly unknown[],
  execute: Execute,
  { hasTasks = false } = {},
): { tools: Tool[]; refused: string[]; mended: string[] } {
  const tools = new Map<string, Tool>()
  const refused: string[] = []
  const mended: string[] = []
  for (const [index, one] of listed.entries()) {
    const parsed = Listed.safeParse(one)
    if (!parsed.success) {
      refused.push(`tool ${index + 1} has no name`)
      continue
    }
    const {
      name,
      title,
      description = '',
      inputSchema,
      outputSchema,
      annotations,
      execution,
    } = parsed.data
    const offered = offeredName(server, name)
    const input = mendedSchema(inputSchema)
    const problem =
      tools.size >= MAX_TOOLS
        ? `there are more than ${MAX_TOOLS}`
        : tools.has(offered)
          ? 'another has its name'
          : execution?.taskSupport === 'required' && !hasTasks
            ? 'it can be called as a task only'
            : null
    if (problem !== null || 'problem' in input) {
      const why = problem ?? ('problem' in input ? input.problem : '')
      refused.push(`${JSON.stringify(name.slice(0, 100))}: ${why}`)
      continue
    }
    if (input.dropped.length > 0) {
      mended.push(
        `${JSON.stringify(name.slice(0, 100))}: ${input.dropped.join(', ').slice(0, 200)}`,
      )
    }
    const tool: Tool = {
      name: offered,
      ...titled(title ?? annotations?.title),
      description: clip(description),
      source: `mcp:${server}`,
      effect: effectOf(annotations ?? {}),
      approval,
      input: Arguments,
      output: z.unknown(),
      schemas: {
        input: input.schema,
        ...(outputSchema && isShort(outputSchema) && { output: withoutDialect(outputSchema) }),
      },
      maxOutputLength: MAX_OUTPUT_LENGTH,
      execute: (input, context) =>
        execute(
          { listedName: name, offered: tool, isTask: hasTasks && isTaskable(execution) },
          Arguments.parse(input),
          context,
        ),
    }
    tools.set(offered, tool)
  }
  return { tools: [...tools.values()], refused, mended }
}

/** The definition of a tool to which an approval applies, beside the call's input. */
export function definitionOf({ name, description, effect, schemas }: Tool): string {
  return JSON.stringify([name, description, effect, schemas])
}

/** The server's annotations are only hints. A tool without them may have any effect, so it must not run twice. */
function effectOf(hints: {
  readOnlyHint?: boolean | undefined
  idempotentHint?: boolean | undefined
}): ToolEffect {
  if (hints.readOnlyHint) return 'read'
  return hints.idempotentHint ? 'idempotent' : 'once'
}

function titled(title: string | undefined): { title?: string } {
  return title === undefined ? {} : { title: title.toWellFormed() }
}

function clip(text: string): string {
  const clean = text.toWellFormed()
  return clean.length > MAX_DESCRIPTION ? `${clean.slice(0, MAX_DESCRIPTION - 1)}…` : clean
}

function isTaskable(execution: { taskSupport?: string | undefined } | undefined): boolean {
  return execution?.taskSupport === 'required' || execution?.taskSupport === 'optional'
}
