import { renderToStaticMarkup } from 'react-dom/server'
import { expect, test } from 'vitest'
import { MessageId, SessionId } from '../../../../shared/contract/ids.ts'
import type { AppMessage } from '../../../../shared/client/index.ts'
import { AssistantMessage } from './assistant-message.tsx'
import { hasRetry } from './ending.tsx'
import { MessageEditor } from '../composer/message-editor.tsx'
import { UserMessage } from '../user-message/user-message.tsx'

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

test('an answer without a word has nothing to copy', () => {
  expect(render({ status: 'failed', parts: [] })).not.toContain('aria-label="Copy"')
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

test('what the server says of an answer has its own direction', () => {
  const error = {
    code: 'provider_unreachable',
    message: '127.0.0.1 is away.',
    retryable: true,
  } as const
  const html = render({ status: 'failed', error, notes: ['Asked twice.'] })
  expect(html).toMatch(/<bdi[^>]*>127\.0\.0\.1 is away\.<\/bdi>/)
  expect(html).toMatch(/<bdi[^>]*>Asked twice\.<\/bdi>/)
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

test('an answer that the model did not end by itself says so (P13)', () => {
  expect(render({ status: 'completed', finish: 'length' })).toContain(
    'Cut off: the answer reached its length limit',
  )
  expect(render({ status: 'completed', finish: 'content-filter' })).toContain('content filter')
  expect(render({ status: 'completed' })).not.toContain('Cut off')
})

test('an answer that was asked for otherwise says how', () => {
  const notes = ['This model takes no tools, so it was asked without them.']
  expect(render({ notes })).toContain('This model takes no tools')
  expect(render({ notes, status: 'stopped' })).toContain('This model takes no tools')
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

test('an answer that waits for a person says so, and nothing in it moves', () => {
  const html = render({ status: 'waiting' })
  expect(html).toContain('Waiting for your approval')
  expect(html).toContain('aria-busy="false"')
  expect(html).not.toMatch(/animate-|knot-live|line-live/)
})

const question = (status: 'queued' | 'sent', change: object = {}) =>
  renderToStaticMarkup(<UserMessage text="words" status={status} beginsLine={false} {...change} />)

test('a queued message says that it waits', () => {
  expect(question('queued')).toContain('Queued: answered next')
  expect(question('sent')).not.toContain('Queued')
  expect(question('queued', { joins: true })).toContain('Joins the answer at its next step')
})

test('an editor stands in the place of a message that waits, and below one that had its turn', () => {
  const editor = <b>editor</b>
  expect(question('queued', { editor })).not.toContain('>words<')
  expect(question('sent', { editor, keepsText: true })).toMatch(/>words<.*<b>editor<\/b>/)
})

test.each(['running', 'waiting', 'completed', 'stopped', 'failed', 'interrupted'] as const)(
  'a version of an answer that is %s says which one it is',
  (status) => {
    const html = renderToStaticMarkup(
      <AssistantMessage
        message={answer({ status, parts: [] })}
        ToolView={() => null}
        onRetry={null}
        versions={<b>2 / 3</b>}
      />,
    )
    expect(html).toContain('2 / 3')
  },
)

test('reasoning is open while it goes on, and folded when the answer has begun', () => {
  const reasoning = { type: 'reasoning', text: 'Let me see' } as const
  const live = render({ status: 'running', parts: [reasoning] })
  expect(live).toMatch(/<details open="".*Reasoning….*Let me see/)
  const parts = [reasoning, { type: 'text', text: 'So' } as const]
  const folded = render({ status: 'running', parts })
  expect(folded).toMatch(/<details class.*>Reasoning<\/summary>.*Let me see/)
})

const edited = (change: object) =>
  renderToStaticMarkup(
    <MessageEditor
      text="new words"
      isOpen
      isSaving={false}
      takesFocus={false}
      problem={null}
      onChange={() => {}}
      onSave={() => {}}
      onCancel={() => {}}
      onMove={() => {}}
      {...change}
    />,
  )

test('an edit can be saved or left, but neither empty nor too long', () => {
  expect(edited({})).toMatch(/Cancel<\/button>.*Save<\/button>/)
  expect(edited({})).not.toContain('disabled=""')
  expect(edited({ text: ' ' })).toContain('disabled=""')
  expect(edited({ text: 'a'.repeat(200_001) })).toMatch(/role="alert".*disabled=""/)
})

test('an edit that came too late keeps its words and offers them to the message box', () => {
  const html = edited({ isOpen: false })
  expect(html).toContain('new words')
  expect(html).toContain('is already being answered')
  expect(html).toMatch(/Discard<\/button>.*Move to the box below<\/button>/)
  expect(html).not.toContain('>Save<')
})

test('what is shown as Retry is not shown as Regenerate as well', () => {
  const shows = (change: Partial<AppMessage>) => {
    const isShown = render(change).includes('Retry')
    expect(isShown).toBe(hasRetry(answer(change)))
    return isShown
  }
  expect(shows({ status: 'stopped' })).toBe(true)
  expect(shows({ status: 'interrupted' })).toBe(true)
  const error = { code: 'internal', message: 'It broke', retryable: true } as const
  expect(shows({ status: 'failed', error })).toBe(true)
  expect(shows({ status: 'failed', error: { ...error, retryable: false } })).toBe(false)
  expect(shows({})).toBe(false)
})

test('what is written in a message’s editor, or refused, has the direction of its own words', () => {
  const editor = renderToStaticMarkup(
    <MessageEditor
      {...{ text: 'שלום', isOpen: true, isSaving: false, takesFocus: false, problem: null }}
      onChange={() => {}}
      onSave={() => {}}
      onCancel={() => {}}
    />,
  )
  expect(editor).toMatch(/<textarea[^>]*dir="auto"/)
  expect(render({ parts: [{ type: 'refusal', text: 'לא' }] })).toMatch(/<p dir="auto"[^>]*>לא/)
})
