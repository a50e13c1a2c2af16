import { z } from 'zod'
import { isNestedTooDeeply, noNul } from './storable.ts'

const MAX_CLIENT_TOOLS = 64
/** Of one tool's schema as JSON: it is sent with each step. UTF-16 units. */
const MAX_SCHEMA_LENGTH = 32_000

/** A tool that the client declares and carries out itself: the run waits for what it says by `tools.answer`. */
export const ClientTool = z.object({
  /** What every provider takes. */
  name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, "_" or "-"'),
  description: z.string().max(8_000).check(noNul).default(''),
  /** JSON Schema of an object. */
  inputSchema: z
    .record(z.string(), z.unknown())
    .default({ type: 'object', properties: {} })
    .refine((schema) => !isNestedTooDeeply(schema), 'is nested too deeply')
    .refine(
      (schema) => JSON.stringify(schema).length <= MAX_SCHEMA_LENGTH,
      `may have ${MAX_SCHEMA_LENGTH.toLocaleString('en')} characters of JSON at most`,
    )
    // As the escape that JSON has for it, Postgres cannot read it.
    .refine((schema) => !JSON.stringify(schema).includes('\\u0000'), 'must not contain U+0000'),
})
export type ClientTool = z.infer<typeof ClientTool>

export const ClientTools = z
  .array(ClientTool)
  .max(MAX_CLIENT_TOOLS)
  .refine(
    (tools) => new Set(tools.map(({ name }) => name)).size === tools.length,
    'must have different names',
  )

/** What is asked of one run alone; what is left out is as the session, or the server, says. */
export const RunOptions = z.object({
  clientTools: ClientTools.optional(),
  /** In place of the session's system prompt. */
  instructions: z.string().max(50_000).check(noNul).optional(),
  temperature: z.number().min(0).max(2).optional(),
  /** Of each step; the server's own limit holds besides. */
  maxTokens: z.number().int().min(1).optional(),
})
export type RunOptions = z.infer<typeof RunOptions>
