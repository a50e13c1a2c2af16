import { z } from 'zod'
import { FileId } from './ids.ts'

/** Image types that are kept: those that every browser shows and that contain no scripts. */
export const McpImageType = z.enum(['image/png', 'image/jpeg', 'image/gif', 'image/webp'])

/** A content block in the result of an MCP server's tool. Other kinds of blocks are described in a text. */
export const McpContent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text: z.string() }),
  /** A file of the call (`files`). One that is not among them could not be stored. */
  z.object({ type: z.literal('file'), id: FileId }),
  /** `data` is base64. Pictures were stored in this form before there were files. */
  z.object({ type: z.literal('image'), mimeType: McpImageType, data: z.base64() }),
  /** A link to an external resource, which the server does not fetch. */
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
  /** The same result as structured data, if the server provides it. */
  structuredContent: z.unknown().optional(),
  /** Notes about parts of the result that were left out or are invalid. */
  notes: z.array(z.string()).optional(),
})
export type McpOutput = z.infer<typeof McpOutput>
