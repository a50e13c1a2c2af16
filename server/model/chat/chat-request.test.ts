import { describe, expect, test } from 'vitest'
import type { ModelMessage } from '../port.ts'
import { chat } from './chat.ts'
import { chatRequest } from './chat-request.ts'
import { stepOf } from '../testing/collect.ts'
import { decode, requestOf } from '../testing/decode.ts'
import { chatChunk } from '../testing/scripted-provider.ts'

describe('the request', () => {
  const conversation: ModelMessage[] = [
    { role: 'user', text: 'hi' },
    {
      role: 'assistant',
      text: '',
      calls: [{ id: 'a1', name: 'add', arguments: '{oops' }],
      providerState: null,
    },
    { role: 'tool', callId: 'a1', output: 'no such thing', failed: true },
    { role: 'assistant', text: '', calls: [], providerState: null },
  ]

  test('replays what happened in a form that every server takes', () => {
    const { messages } = chatRequest(requestOf(stepOf('', { messages: conversation })))
    expect(messages).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'hi' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          {
            id: 'a1',
            type: 'function',
            function: { name: 'add', arguments: '{"unreadable_arguments":"{oops"}' },
          },
        ],
      },
      { role: 'tool', tool_call_id: 'a1', content: 'Error: no such thing' },
    ])
  })

  test('replays thoughts and signatures to the same provider and model, within the same question', () => {
    const first = decode(chat, [
      chatChunk({ reasoning_content: 'hm' }),
      chatChunk(
        {
          tool_calls: [
            {
              index: 0,
              id: 'a1',
              function: { name: 'add', arguments: '{}' },
              extra_content: { signature: 's' },
            },
          ],
        },
        'stop',
      ),
    ])
    const state = first.deltas.find((delta) => delta.type === 'provider-state')?.state ?? null
    const messages: ModelMessage[] = [
      { role: 'user', text: 'hi' },
      { role: 'assistant', text: '', calls: first.calls, providerState: state },
      { role: 'tool', callId: 'a1', output: '1', failed: false },
    ]
    const sent = (more: ModelMessage[] = [], model = 'test-model'): unknown =>
      chatRequest(requestOf(stepOf('', { model, messages: [...messages, ...more] }))).messages[2]
    expect(sent()).toMatchObject({
      reasoning_content: 'hm',
      tool_calls: [{ extra_content: { signature: 's' } }],
    })
    expect(sent([{ role: 'user', text: 'next' }])).not.toHaveProperty('reasoning_content')
    expect(JSON.stringify(sent([], 'other-model'))).not.toMatch(/hm|signature/)
    const endpoint = { baseUrl: 'http://other/v1', host: 'other', kind: 'compatible' as const }
    const elsewhere = chatRequest(requestOf(stepOf('', { messages }), { endpoint })).messages[2]
    expect(JSON.stringify(elsewhere)).not.toMatch(/hm|signature/)
  })
})
