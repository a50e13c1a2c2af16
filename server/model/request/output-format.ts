import { createHash } from 'node:crypto'
import type { OutputFormat } from '../../../shared/contract/run-options.ts'
import type { Endpoint } from '../adapter.ts'
import type { RefusedSchema, Refusal } from '../failure/refusals.ts'

/** The field of a request that asks for the form of the answer. */
export type SentFormat =
  | ({
      type: 'json_schema'
      name: string
      schema: Record<string, unknown>
      refusal: RefusedSchema
    } & { description?: string; strict?: boolean })
  | { type: 'json_object' }

/** The strongest field that the endpoint accepts; null when only the prompt can ask. */
export function formatToSend(
  output: OutputFormat | undefined,
  refused: ReadonlySet<Refusal>,
): SentFormat | null {
  if (!output || refused.has('output-format')) return null
  const { name, description, schema, strict } = output
  if (schema && !refused.has('json-schema')) {
    const refusal = refusalOfSchema(schema)
    if (!refused.has(refusal)) {
      return {
        ...{ type: 'json_schema', name, schema: withoutDialect(schema), refusal },
        ...(description !== undefined && { description }),
        ...(strict !== undefined && { strict }),
      }
    }
  }
  return refused.has('json-object') ? null : { type: 'json_object' }
}

/**
 * The text of the prompt about the form of the answer. It has everything that no field says, and repeats the schema for
 * servers that may accept the field and ignore it.
 */
export function outputInWords(
  { schema, description }: OutputFormat,
  format: SentFormat | null,
  { kind }: Pick<Endpoint, 'kind'>,
): string {
  if (format?.type === 'json_schema' && kind !== 'compatible') return ''
  const about = description === undefined ? '' : ` It is: ${description}`
  return schema
    ? `Answer with one JSON value that is valid by the JSON Schema below, and with nothing else: no words around it, no code fence.${about}\n${JSON.stringify(withoutDialect(schema))}`
    : `Answer with one JSON object, and with nothing else: no words around it, no code fence.${about}`
}

function refusalOfSchema(schema: Record<string, unknown>): RefusedSchema {
  const digest = createHash('sha256').update(JSON.stringify(schema)).digest('hex')
  return `schema ${digest.slice(0, 12)}`
}

/** Some providers refuse `$schema`, and none needs it. */
function withoutDialect({ $schema: _, ...schema }: Record<string, unknown>) {
  return schema
}
