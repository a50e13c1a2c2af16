import { z } from 'zod'
import { OutputFormat } from '../../../shared/contract/run-options.ts'
import { DoorError } from './errors.ts'

/** `text.format` of Responses. Chat Completions has the same fields one level deeper. */
const Fields = z.looseObject({
  name: z.string().optional(),
  description: z.string().nullish(),
  schema: z.unknown().optional(),
  strict: z.boolean().nullish(),
})
export const GivenFormat = Fields.extend({ type: z.string(), json_schema: Fields.optional() })
export type GivenFormat = z.infer<typeof GivenFormat>

/**
 * The schema of the answer; undefined for plain text.
 *
 * @param param the name of the request's field, for errors
 */
export function readOutputFormat(
  given: GivenFormat | null | undefined,
  param: string,
): OutputFormat | undefined {
  if (!given || given.type === 'text') return undefined
  if (given.type === 'json_object') return OutputFormat.parse({})
  if (given.type !== 'json_schema') {
    const message = 'Only "text", "json_object" and "json_schema" are supported.'
    throw new DoorError(message, { param: `${param}.type` })
  }
  const { name, description, schema, strict } = given.json_schema ?? given
  const read = OutputFormat.safeParse({
    ...{ name, schema: schema ?? undefined },
    ...(typeof description === 'string' && { description }),
    ...(typeof strict === 'boolean' && { strict }),
  })
  if (!read.success) throw new DoorError(z.prettifyError(read.error), { param })
  return read.data
}
