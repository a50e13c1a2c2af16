import { expect, test } from 'vitest'
import { Message } from '../../shared/contract/message.ts'
import { newId } from '../../shared/contract/new-id.ts'
import { SharedParts, withoutQuestions } from './shared-parts.ts'

const until = '2026-01-01T00:00:00.000Z'

const message = Message.parse({
  ...{ id: newId(), sessionId: newId(), parentId: null, role: 'assistant', runId: null },
  ...{ status: 'completed', model: null, usage: null, error: null, createdAt: until },
  siblings: { index: 0, count: 1, previous: null, next: null },
  parts: [
    {
      type: 'tool',
      call: {
        ...{
          id: newId(),
          providerId: 'p',
          name: 'pay',
          source: 'mcp:pay',
          effect: 'once',
          step: 1,
        },
        ...{ status: 'completed', arguments: '{}', input: {}, output: 'paid' },
        questions: [
          {
            ...{ id: newId(), mode: 'url', message: 'Pay here', url: 'https://pay.example/once' },
            ...{ until, reply: { action: 'accept' } },
          },
          {
            ...{ id: newId(), mode: 'form', message: 'Which account?', until },
            form: { properties: { account: { type: 'string' } } },
            reply: { action: 'accept', content: { account: 'DE00 1234' } },
          },
        ],
      },
    },
  ],
})

test('a share has nothing of what a server asked its person, nor of what they answered (P10)', () => {
  expect(JSON.stringify(message)).toMatch(/pay\.example.*DE00 1234/)
  const shared = new SharedParts(newId).of(message.parts)
  const [older] = withoutQuestions([message])
  for (const parts of [shared, older?.parts]) {
    expect(parts).toMatchObject([{ call: { name: 'pay', output: 'paid' } }])
    expect(JSON.stringify(parts)).not.toMatch(/questions|pay\.example|DE00|Which account/)
  }
})
