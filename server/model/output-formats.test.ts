import { describe, expect, test } from 'vitest'
import { createModelPort } from './create.ts'
import { startDemoModel } from './demo/start.ts'
import { objectOf } from './json.ts'
import type { JsonObject } from './json.ts'
import { collect, stepOf } from './testing/collect.ts'
import { refusal } from './testing/scripted-port.ts'
import { chatAnswer, startScriptedProvider } from './testing/scripted-provider.ts'

const schema = { type: 'object', properties: { a: { type: 'number' } }, required: ['a'] }
const other = { type: 'object', properties: { b: { type: 'string' } } }
const output = { name: 'thing', schema }
const limits = { timeoutSeconds: 20, idleTimeoutSeconds: 20, random: () => 0 }

/** Runs steps against a provider that accepts only some forms of asking for JSON, and returns what it was asked. */
async function ask(
  refuses: (format: JsonObject) => string | null,
  steps: readonly { name: string; schema?: Record<string, unknown> }[] = [output],
) {
  const bodies: JsonObject[] = []
  await using provider = await startScriptedProvider((request) => {
    const body = objectOf(request.body)
    bodies.push(body)
    const message = body.response_format ? refuses(objectOf(body.response_format)) : null
    return message === null ? { body: [chatAnswer('{"a": 1}')] } : refusal(400, { message })
  })
  const port = createModelPort({ ...limits, baseUrl: provider.baseUrl, api: 'chat' })
  for (const one of steps) {
    const { text, ending } = await collect(port, stepOf('hi', { output: one }))
    expect([text, ending]).toMatchObject(['{"a": 1}', { type: 'finish' }])
  }
  return bodies.map((body) => ({
    format: body.response_format && objectOf(body.response_format).type,
    instructions: String(objectOf((body.messages as unknown[])[0]).content),
  }))
}

describe('an answer that is to be JSON', () => {
  test('is asked for by the field of either API', async () => {
    const strict = { ...output, strict: true, description: 'A thing' }
    for (const api of ['chat', 'responses'] as const) {
      await using provider = await startScriptedProvider([{ status: 400, body: ['{}'] }])
      const port = createModelPort({ ...limits, baseUrl: provider.baseUrl, api })
      await collect(port, stepOf('hi', { output: strict }))
      const body = objectOf(provider.requests[0]?.body)
      const fields = { name: 'thing', schema, strict: true, description: 'A thing' }
      if (api === 'chat') {
        expect(body.response_format).toEqual({ type: 'json_schema', json_schema: fields })
      } else {
        expect(body.text).toEqual({ format: { type: 'json_schema', ...fields } })
      }
    }
  })

  test.each([
    "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model.",
    'This response_format type is unavailable now',
    "Input should be 'text' or 'json_object' at response_format.type",
  ])('whose schema is not taken is asked for by json_object and in words: %s', async (message) => {
    const asked = await ask(
      ({ type }) => (type === 'json_schema' ? message : null),
      [output, output],
    )
    expect(asked.map(({ format }) => format)).toEqual([
      ...['json_schema', 'json_object', 'json_object'],
    ])
    expect(asked[1]?.instructions).toContain(JSON.stringify(schema))
  })

  test.each([
    'Unrecognized request argument supplied: response_format',
    'json mode cannot be combined with tool/function calling',
  ])(
    'of which no field is taken is asked for in words, and that is remembered: %s',
    async (message) => {
      const asked = await ask(() => message, [output, output])
      expect(asked.at(-1)?.format).toBeUndefined()
      expect(asked.at(-2)?.format).toBeUndefined()
      expect(asked.at(-1)?.instructions).toContain(JSON.stringify(schema))
    },
  )

  test('of one schema that is not taken is asked for otherwise, and of another as before', async () => {
    const asked = await ask(
      ({ json_schema: given }) =>
        JSON.stringify(given ?? null).includes('number')
          ? "Invalid schema for response_format 'thing': 'additionalProperties' is required."
          : null,
      [output, { name: 'other', schema: other }, output],
    )
    expect(asked.map(({ format }) => format)).toEqual([
      ...['json_schema', 'json_object', 'json_schema', 'json_object'],
    ])
  })

  test('without a schema is asked for by json_object, and in words where that is not taken', async () => {
    const asked = await ask(
      () => "'response_format.type' must be 'json_schema' or 'text'",
      [{ name: 'answer' }],
    )
    expect(asked.map(({ format }) => format)).toEqual(['json_object', undefined])
    expect(asked[1]?.instructions).toContain('one JSON object')
  })

  test('is an object of the schema from the demo model, by both APIs', async () => {
    await using demo = await startDemoModel({ tokensPerSecond: Number.POSITIVE_INFINITY })
    for (const api of ['chat', 'responses'] as const) {
      const port = createModelPort({ ...limits, baseUrl: demo.baseUrl, api, demo: true })
      const { text } = await collect(port, stepOf('Say 7', { output }))
      expect(JSON.parse(text)).toEqual({ a: 7 })
    }
  })
})
