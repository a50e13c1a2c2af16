import { z } from 'zod'
import { isNestedTooDeeply, noNul } from './storable.ts'

const MAX_CLIENT_TOOLS = 64
/** Of one schema as JSON: it is sent with each step. UTF-16 units. */
const MAX_SCHEMA_LENGTH = 32_000

const JsonSchema = z
  .record(z.string(), z.unknown())
  .refine((schema) => !isNestedTooDeeply(schema), 'is nested too deeply')
  .refine(
    (schema) => JSON.stringify(schema).length <= MAX_SCHEMA_LENGTH,
    `may have ${MAX_SCHEMA_LENGTH.toLocaleString('en')} characters of JSON at most`,
  )
  // As the escape that JSON has for it, Postgres cannot read it.
  .refine((schema) => !JSON.stringify(schema).includes('\\u0000'), 'must not contain U+0000')

/** What every provider takes. */
const Name = z
  .string()
  .regex(/^[a-zA-Z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, "_" or "-"')

/** A tool that the client declares and carries out itself: the run waits for what it says by `tools.answer`. */
export const ClientTool = z.object({
  name: Name,
  description: z.string().max(8_000).check(noNul).default(''),
  /** JSON Schema of an object. */
  inputSchema: JsonSchema.default({ type: 'object', properties: {} }),
  /** A call that has no output by then has failed, and the answer goes on; as the server says, or without end. */
  timeoutSeconds: z.number().min(1).max(2_592_000).optional(),
})
export type ClientTool = z.infer<typeof ClientTool>

export const ClientTools = z
  .array(ClientTool)
  .max(MAX_CLIENT_TOOLS)
  .refine(
    (tools) => new Set(tools.map(({ name }) => name)).size === tools.length,
    'must have different names',
  )

/**
 * The answer is to be one JSON object, of this schema if there is one. It is checked at its end: one that is not valid has
 * failed with `output_invalid`, and one that was cut (`length`), refused or stopped is not checked.
 */
export const OutputFormat = z.object({
  name: Name.default('answer'),
  description: z.string().max(8_000).check(noNul).optional(),
  /** JSON Schema, of draft 2020-12 unless its `$schema` says draft 7 or earlier. */
  schema: JsonSchema.optional(),
  /** The provider is to keep to the schema while it writes, where it can: not all take every schema then. */
  strict: z.boolean().optional(),
})
export type OutputFormat = z.infer<typeof OutputFormat>

/** What is asked of one run alone; what is left out is as the session, or the server, says. */
export const RunOptions = z.object({
  clientTools: ClientTools.optional(),
  /** In place of the session's system prompt. */
  instructions: z.string().max(50_000).check(noNul).optional(),
  temperature: z.number().min(0).max(2).optional(),
  /** Of each step; the server's own limit holds besides. */
  maxTokens: z.number().int().min(1).optional(),
  /** What the answer is to be, if it is to be no text. */
  output: OutputFormat.optional(),
})
export type RunOptions = z.infer<typeof RunOptions>
