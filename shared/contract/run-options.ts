import { z } from 'zod'
import { isNestedTooDeeply, noNul } from './storable.ts'

const MAX_CLIENT_TOOLS = 64
/** The longest schema as JSON, because it is sent with each step. UTF-16 units. */
const MAX_SCHEMA_LENGTH = 32_000

const JsonSchema = z
  .record(z.string(), z.unknown())
  .refine((schema) => !isNestedTooDeeply(schema), 'is nested too deeply')
  .refine(
    (schema) => JSON.stringify(schema).length <= MAX_SCHEMA_LENGTH,
    `may have ${MAX_SCHEMA_LENGTH.toLocaleString('en')} characters of JSON at most`,
  )
  // Postgres refuses this character even as an escape in JSON.
  .refine((schema) => !JSON.stringify(schema).includes('\\u0000'), 'must not contain U+0000')

/** A name that every provider accepts. */
const Name = z
  .string()
  .regex(/^[a-zA-Z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, "_" or "-"')

/** A tool that the client declares and carries out itself: the run waits for its output by `tools.answer`. */
export const ClientTool = z.object({
  name: Name,
  description: z.string().max(8_000).check(noNul).default(''),
  /** JSON Schema of an object. */
  inputSchema: JsonSchema.default({ type: 'object', properties: {} }),
  /**
   * A call without an output after this time fails, and the answer goes on. When absent, the server's setting applies.
   */
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
 * Asks for one JSON object as the answer, of this schema if there is one. It is checked at the end: an invalid one
 * fails with `output_invalid`. An answer that was cut (`length`), refused or stopped is not checked.
 */
export const OutputFormat = z.object({
  name: Name.default('answer'),
  description: z.string().max(8_000).check(noNul).optional(),
  /** JSON Schema, of draft 2020-12 unless its `$schema` says draft 7 or earlier. */
  schema: JsonSchema.optional(),
  /**
   * True asks the provider to enforce the schema while it writes, if it can; not all providers accept every schema
   * then.
   */
  strict: z.boolean().optional(),
})
export type OutputFormat = z.infer<typeof OutputFormat>

/**
 * Further parameters of the model's API, passed on unchanged. If the provider refuses one, the answer fails with the
 * provider's own message.
 */
export const ModelParameters = z.strictObject({
  topP: z.number().min(0).max(1).optional(),
  /** Texts at which the model stops. */
  stop: z.array(z.string().min(1).max(200).check(noNul)).min(1).max(4).optional(),
  seed: z.number().int().optional(),
  frequencyPenalty: z.number().min(-2).max(2).optional(),
  presencePenalty: z.number().min(-2).max(2).optional(),
  /** The provider's own names: `low`, `high` … */
  reasoningEffort: z
    .string()
    .regex(/^[a-z_]{1,20}$/)
    .optional(),
  verbosity: z.enum(['low', 'medium', 'high']).optional(),
  /** False: at most one call in a step. */
  parallelToolCalls: z.boolean().optional(),
  /**
   * `none` offers no tools. Any other choice is for the first step only: the model must make a call, or call this tool.
   */
  toolChoice: z.union([z.enum(['none', 'required']), z.object({ name: Name })]).optional(),
})
export type ModelParameters = z.infer<typeof ModelParameters>

/** Options of one run only; absent ones are as in the session, or the server's settings. */
export const RunOptions = z.object({
  clientTools: ClientTools.optional(),
  /** Replaces the session's system prompt. */
  instructions: z.string().max(50_000).check(noNul).optional(),
  temperature: z.number().min(0).max(2).optional(),
  /** The limit of each step; the server's own limit applies too. */
  maxTokens: z.number().int().min(1).optional(),
  parameters: ModelParameters.optional(),
  /** The form of an answer that is not text. */
  output: OutputFormat.optional(),
})
export type RunOptions = z.infer<typeof RunOptions>
