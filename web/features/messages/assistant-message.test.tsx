import { renderToStaticMarkup } from 'react-dom/server'
import { expect, test } from 'vitest'
import { MessageId, SessionId } from '../../../shared/contract/ids.ts'
import type { AppMessage } from '../../../shared/client/index.ts'
import { AssistantMessage } from './assistant-message.tsx'
import { UserMessage } from './user-message.tsx'

const uuid = '00000000-0000-4000-8000-000000000001'

function answer(change: Partial<AppMessage>): AppMessage {
  return {
    id: MessageId.parse(uuid),
    sessionId: SessionId.parse(uuid),
    parentId: null,
    role: 'assistant',
    parts: [{ type: 'text', text: 'Some **words**' }],
    createdAt: '2026-01-01T00:00:00.000Z',
    runId: null,
    status: 'completed',
    siblings: { index: 0, count: 1, previous: null, next: null },
    model: 'a-model',
    usage: null,
    error: null,
    ...change,
  }
}

const render = (change: Partial<AppMessage>, onRetry: (() => void) | null = () => {}) =>
  renderToStaticMarkup(
    <AssistantMessage message={answer(change)} ToolView={() => null} onRetry={onRetry} />,
  )

test('an answer is an article that can be copied', () => {
  const html = render({})
  expect(html).toContain('aria-label="Assistant"')
  expect(html).toContain('Some <strong>words</strong>')
  expect(html).toContain('aria-label="Copy"')
  expect(html).not.toContain('Retry')
})

test('an answer that has not begun to speak says that it is thinking, and has a live end', () => {
  const html = render({ status: 'running', parts: [] })
  expect(html).toContain('Thinking…')
  expect(html).toContain('knot-live')
})

test('a failed answer keeps its text and says the cause, with a way to retry', () => {
  const html = render({
    status: 'failed',
    error: { code: 'provider_cut', message: 'The stream ended early.', retryable: true },
  })
  expect(html).toContain('words')
  expect(html).toContain('The stream ended early.')
  expect(html).toContain('Retry')
})

test.each([
  ['stopped', 'Stopped'],
  ['interrupted', 'Interrupted'],
] as const)('a %s answer says so and keeps what there is', (status, word) => {
  const html = render({ status })
  expect(html).toContain(`>${word}<`)
  expect(html).toContain('words')
  expect(html).toContain('Retry')
  expect(html).not.toContain('knot-live')
})

test('only where a retry makes sense is one offered', () => {
  expect(render({ status: 'stopped' }, null)).not.toContain('Retry')
})

test('what a person typed shows as it was typed, and as text alone', () => {
  const html = renderToStaticMarkup(
    <UserMessage text={'<b>a</b>\n  *b*'} status="sent" beginsLine />,
  )
  expect(html).toContain('aria-label="You"')
  expect(html).toContain('&lt;b&gt;a&lt;/b&gt;\n  *b*')
})

test('a queued message says that it waits', () => {
  expect(
    renderToStaticMarkup(<UserMessage text="a" status="queued" beginsLine={false} />),
  ).toContain('Queued')
})
