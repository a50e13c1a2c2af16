import { z } from 'zod'
import { noNul } from '../storable.ts'
import { group, mutation, query } from './declare.ts'

const ServerName = z.string().min(1).max(32)
const label = { title: z.string().exactOptional(), description: z.string().exactOptional() }

/** An MCP server that the operator configured, with its state for the caller. */
export const McpServerInfo = z.object({
  name: z.string(),
  /** `signed-out` when the person has to sign in first. */
  status: z.enum(['connected', 'connecting', 'away', 'signed-out']),
  /** The reason why it is not connected. */
  reason: z.string().exactOptional(),
  /** The path at which a person begins to sign in; absent when nobody has to. */
  signIn: z.string().exactOptional(),
})
export type McpServerInfo = z.infer<typeof McpServerInfo>

/** A prompt that a server offers, with arguments to fill in. */
export const McpPrompt = z.object({
  server: z.string(),
  name: z.string(),
  ...label,
  arguments: z.array(z.object({ name: z.string(), ...label, required: z.boolean() })),
})
export type McpPrompt = z.infer<typeof McpPrompt>

export const mcp = group('mcp', {
  servers: query({
    rest: 'GET /mcp/servers',
    summary: 'List the MCP servers, and where one signs in to them',
    described: z.array(McpServerInfo),
  }),

  signOut: mutation({
    rest: 'POST /mcp/servers/{server}/sign-out',
    summary: 'Sign out of an MCP server',
    input: z.object({ server: ServerName }),
    output: z.object({ server: ServerName }),
    repeat: true,
  }),

  prompts: query({
    rest: 'GET /mcp/prompts',
    summary: 'List the prompts of MCP servers',
    described: z.array(McpPrompt),
  }),

  /** The text of a prompt with its arguments, to be sent or edited. */
  prompt: query({
    rest: 'GET /mcp/prompt',
    summary: 'Fill in a prompt of an MCP server',
    input: z.object({
      server: ServerName,
      name: z.string().min(1).max(200),
      /** JSON: an object whose values are strings. */
      arguments: z
        .string()
        .max(64_000)
        .check(noNul)
        .default('{}')
        .transform((json, context) => {
          try {
            return z.record(z.string().max(100), z.string()).parse(JSON.parse(json))
          } catch {
            context.addIssue({ code: 'custom', message: 'must be JSON, an object of texts' })
            return z.NEVER
          }
        }),
    }),
    described: z.object({ text: z.string() }),
  }),
})
