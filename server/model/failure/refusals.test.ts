import { describe, expect, test } from 'vitest'
import { readFault } from './provider-fault.ts'
import { refusedBy } from './refusals.ts'

const tools = ['add', 'add_all', 'mul'].map((name) => ({
  name,
  refusal: `tool ${name} 0` as const,
}))
const read = (api: 'chat' | 'responses', message: string, param = '', status = 400) =>
  refusedBy(readFault({ error: { message, param } }, status), {
    api,
    refused: new Set(),
    tools,
    maxTokens: 8192,
    format: null,
  })

describe('a refusal is read by what it asks for', () => {
  test.each([
    [
      'The `reasoning_content` in the thinking mode must be passed back to the API.',
      'thoughts-left-out',
    ],
    [
      'thinking is enabled but reasoning_content is missing in assistant tool call message at index 2',
      'thoughts-left-out',
    ],
    [
      'Missing `reasoning_content` field in the assistant message at message index 1.',
      'thoughts-left-out',
    ],
    ["property 'reasoning_content' is unsupported", 'reasoning-replay'],
    [
      '[{"loc":["body","messages",1,"reasoning_content"],"msg":"Extra inputs are not permitted"}]',
      'reasoning-replay',
    ],
    ['Function call is missing a thought_signature in functionCall parts.', 'unsigned-calls'],
    ['invalid temperature: only 1 is allowed for this model', 'temperature'],
    ['`temperature` may only be set to 1 when thinking is enabled.', 'temperature'],
    [
      "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens'.",
      'max-tokens',
    ],
    [
      'max_tokens is too large: 8192. This model supports at most 4096 completion tokens.',
      'longer-answers-than-4096',
    ],
    ['`max_tokens` must be less than or equal to `2048`', 'longer-answers-than-2048'],
    ['Unrecognized request argument supplied: stream_options', 'stream-options'],
    ['registry.ollama.ai/library/gemma2:latest does not support tools', 'tools'],
    ['`tool calling` is not supported with this model', 'tools'],
    ['System role not supported', 'system-role'],
    ['Developer instruction is not enabled for models/gemma-3-27b-it', 'system-role'],
    ['Conversation roles must alternate user/assistant/user/assistant/...', 'system-role'],
    ["Invalid schema for function 'add_all': array schema missing items.", 'tool add_all 0'],
    ['tools.2.custom.input_schema: JSON schema is invalid', 'tool mul 0'],
    [
      'GenerateContentRequest.tools[0].function_declarations[1].parameters: wrong',
      'tool add_all 0',
    ],
    [
      "Invalid 'tools': array too long. Expected an array with maximum length 2, but got 3 instead.",
      'more-tools-than-2',
    ],
  ])('%s', (message, refusal) => {
    expect(read('chat', message)).toBe(refusal)
  })

  test.each([
    ["Unknown parameter: 'tools[0].strict'.", 'strict'],
    ["Unknown parameter: 'reasoning.summary'.", 'reasoning-summary'],
    ['Unknown parameter: store', 'store'],
    ['Encrypted content is not supported with this model.', 'encrypted-reasoning'],
    ["Item with id 'rs_1' not found.", 'reasoning-ids'],
  ])('Responses: %s', (message, refusal) => {
    expect(read('responses', message)).toBe(refusal)
  })
})

test.each([
  'The content was flagged: a question about the temperature of reactors',
  'Your reasoning was flagged as harmful',
  'Please store the key in the header',
  'messages: the system prompt is fine, the picture is not',
  'add a payment method to go on; no tool helps',
  'The account includes a strict limit: encrypted disks only',
  'Too many images: at most 20',
])('an unrelated refusal is no reason to leave anything out: %s', (message) => {
  expect(read('chat', message)).toBeNull()
  expect(read('responses', message)).toBeNull()
})

test('only a refusal counts: a failure of the server with the same words does not', () => {
  expect(read('chat', "'temperature' is not supported", '', 500)).toBeNull()
  expect(read('chat', 'tools param requires --jinja flag', '', 500)).toBe('tools')
  expect(read('chat', 'No endpoints found that support tool use.', '', 404)).toBe('tools')
})
