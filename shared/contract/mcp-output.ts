import { z } from 'zod'

/** The pictures that are kept: what every browser draws without running anything. */
export const McpImageType = z.enum(['image/png', 'image/jpeg', 'image/gif', 'image/webp'])

/** A piece of what a tool of an MCP server answered. What else servers send is told in a text. */
export const McpContent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text: z.string() }),
  /** `data` is base64. */
  z.object({ type: z.literal('image'), mimeType: McpImageType, data: z.base64() }),
  /** Something to be fetched elsewhere; nobody here fetches it. */
  z.object({
    type: z.literal('link'),
    uri: z.string(),
    name: z.string(),
    description: z.string().optional(),
  }),
])
export type McpContent = z.infer<typeof McpContent>

/** The `output` of a call whose source is an MCP server. */
export const McpOutput = z.object({
  content: z.array(McpContent),
  /** The same answer as data, where the server gives it. */
  structuredContent: z.unknown().optional(),
  /** What was left out of the answer, or is wrong with it. */
  notes: z.array(z.string()).optional(),
})
export type McpOutput = z.infer<typeof McpOutput>
