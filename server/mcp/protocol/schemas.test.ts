import { expect, test } from 'vitest'
import { mendedSchema } from './schemas.ts'

const text = { type: 'string' }

test.each<[string, unknown, unknown]>([
  ['null', null, { type: 'object', properties: {} }],
  ['one without a type', { properties: { a: text } }, { type: 'object', properties: { a: text } }],
  ['one of two types', { type: ['object', 'null'] }, { type: 'object', properties: {} }],
  ['required: null', { type: 'object', required: null }, { type: 'object', properties: {} }],
  [
    'properties: null',
    { type: 'object', properties: null, description: null },
    { type: 'object', properties: {} },
  ],
  [
    'what only older drafts have',
    {
      type: 'object',
      properties: {
        n: { type: 'number', minimum: 0, exclusiveMinimum: true },
        'a/b~c': { type: 'any', required: true },
      },
    },
    { type: 'object', properties: { n: { type: 'number', minimum: 0 }, 'a/b~c': {} } },
  ],
  [
    'null where it is data',
    { type: 'object', properties: { a: { default: null, enum: [null, 1], const: null } } },
    { type: 'object', properties: { a: { default: null, enum: [null, 1], const: null } } },
  ],
])('a tool’s schema is completed, and loses only what is no schema: %s', (_, listed, schema) => {
  expect(mendedSchema(listed)).toMatchObject({ schema })
  // A completed schema is valid, and completing it again changes nothing.
  expect(mendedSchema(schema)).toEqual({ schema, dropped: [] })
})

test.each<[string, unknown]>([
  ['a text', 'object'],
  ['a list', []],
  ['one of texts', { type: 'string' }],
  ['a long one', { type: 'object', description: 'x'.repeat(40_000) }],
])('a schema that cannot be of arguments costs its tool: %s', (_, listed) => {
  expect(mendedSchema(listed)).toHaveProperty('problem')
})
