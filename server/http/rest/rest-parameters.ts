import { z } from 'zod'

/**
 * The parameters of an address as the procedure wants them: all text where they come from, numbers, truth values
 * and lists where the schema asks for those. What cannot be read stays text, for the schema to complain about.
 */
export function readParameters(given: unknown, schema: z.ZodObject): Record<string, unknown> {
  if (typeof given !== 'object' || given === null) return {}
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => [
      name,
      readParameter(value, Object.hasOwn(schema.shape, name) ? schema.shape[name] : undefined),
    ]),
  )
}

function readParameter(value: unknown, schema: z.core.$ZodType | undefined): unknown {
  const wanted = schema && innermost(schema)
  if (wanted instanceof z.ZodArray) {
    const all: unknown[] = Array.isArray(value) ? value : [value]
    return all.map((one) => readParameter(one, wanted.element))
  }
  if (typeof value !== 'string') return value
  if (wanted instanceof z.ZodNumber) {
    return value.trim() === '' || Number.isNaN(Number(value)) ? value : Number(value)
  }
  if (wanted instanceof z.ZodBoolean) {
    return value === 'true' ? true : value === 'false' ? false : value
  }
  return value
}

function innermost(schema: z.core.$ZodType): z.core.$ZodType {
  const isWrapper =
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodNullable
  return isWrapper ? innermost(schema.unwrap()) : schema
}

/**
 * The schema in the form that the description of an address allows. The generator accepts only unions of texts; any
 * other one is described by its most telling member.
 *
 * @param path with parameters in braces
 */
export function asParameters(schema: z.ZodObject, path: string): z.ZodObject {
  const shape = Object.entries(schema.shape).map(([name, field]) => [
    name,
    // A parameter in the path is always given, even where other surfaces may leave it out.
    path.includes(`{${name}}`) ? innermost(field) : asParameter(field),
  ])
  return z.object(Object.fromEntries(shape))
}

function asParameter(field: z.core.$ZodType): z.core.$ZodType {
  const inner = innermost(field)
  if (!(inner instanceof z.ZodUnion)) return field
  const kind = inner.options
    .map(innermost)
    .find((option) => option instanceof z.ZodBoolean || option instanceof z.ZodNumber)
  if (!kind) return field
  const plain = kind instanceof z.ZodBoolean ? z.boolean() : z.number()
  return z.safeParse(field, undefined).success ? plain.optional() : plain
}
