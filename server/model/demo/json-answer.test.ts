import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { jsonAnswer } from './json-answer.ts'

const Tree: z.ZodType = z.lazy(() => z.object({ name: z.string(), leaves: z.array(Tree) }))

test.each([
  z.object({ city: z.string(), degrees: z.number().min(-40).max(50), dry: z.boolean() }),
  z.object({ steps: z.array(z.object({ text: z.string().min(3), at: z.int() })).min(2) }),
  z.object({ kind: z.enum(['a', 'b']), note: z.string().nullable(), more: z.string().optional() }),
  z.object({ one: z.union([z.literal(1), z.object({ x: z.number().gt(3).lt(4) })]) }),
  z.object({ pair: z.tuple([z.string(), z.number().multipleOf(5)]), when: z.iso.datetime() }),
  z.object({ all: z.intersection(z.object({ a: z.int() }), z.object({ b: z.email() })) }),
  z.object({ tree: Tree }),
  z.object({ short: z.string().max(3), many: z.array(z.string()).max(0) }),
  z.array(z.object({ id: z.uuid() })),
])('the demo model answers with what is valid by the schema (%#)', (schema) => {
  const described = z.toJSONSchema(schema)
  const value: unknown = JSON.parse(jsonAnswer(described, 'The weather in Kiel is 7 degrees.'))
  const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(described)
  expect(validate(value), JSON.stringify([value, validate.errors])).toBe(true)
  expect(schema.safeParse(value).error).toBeUndefined()
})

test('the demo model answers with the JSON of the question, where there is some', () => {
  const schema = { type: 'object', properties: { a: { type: 'number' }, b: { type: 'string' } } }
  expect(JSON.parse(jsonAnswer(schema, 'Use {"a": 7, "c": 1} please'))).toMatchObject({ a: 7 })
  expect(JSON.parse(jsonAnswer(null, 'Hello'))).toEqual({ answer: 'Hello' })
})
