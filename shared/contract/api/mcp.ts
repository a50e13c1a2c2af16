import { z } from 'zod'
import { noNul } from '../storable.ts'
import { group, mutation, query } from './declare.ts'

const ServerName = z.string().min(1).max(32)
const label = { title: z.string().exactOptional(), description: z.string().exactOptional() }

/** An MCP server of the operator's, as it is for whoever asks. */
export const McpServerInfo = z.object({
  name: z.string(),
  /** `signed-out` where the person has to sign in first. */
  status: z.enum(['connected', 'connecting', 'away', 'signed-out']),
  /** Why it is away. */
  reason: z.string().exactOptional(),
  /** Where each person signs in to it: the path that begins that. */
  signIn: z.string().exactOptional(),
})
export type McpServerInfo = z.infer<typeof McpServerInfo>

/** A text that a server keeps ready, with gaps to fill in. */
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

  /** The text of a prompt, to be sent or changed. */
  prompt: query({
    rest: 'GET /mcp/prompt',
    summary: 'Fill in a prompt of an MCP server',
    input: z.object({
      server: ServerName,
      name: z.string().min(1).max(200),
      /** JSON: an object of texts. */
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
