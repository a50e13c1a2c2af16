import { TRPCClientError } from '@trpc/client'
import { renderToStaticMarkup } from 'react-dom/server'
import { expect, test } from 'vitest'
import { CallId } from '../../../shared/contract/ids.ts'
import type { AppToolCall } from '../../../shared/client/index.ts'
import { ApprovalForm } from './approval/approval-form.tsx'
import { toolLabel } from '../../tool-title.ts'
import { unknownOutcomeText } from './tool-labels.ts'
import { ToolCard } from './tool-card.tsx'
import { OutcomeForm } from './approval/unknown-outcome.tsx'
import { problemOf } from './approval/use-call-command.ts'

const call = (change: Partial<Extract<AppToolCall, { source: `mcp:${string}` }>>): AppToolCall => ({
  id: CallId.parse('00000000-0000-4000-8000-000000000001'),
  name: 'post__send_letter',
  source: 'mcp:post',
  effect: 'once',
  status: 'awaiting-approval',
  input: { to: '<Ada>', copies: 2, options: { registered: true }, note: '' },
  ...change,
})

const approval = (asked: AppToolCall, problem: string | null = null) =>
  renderToStaticMarkup(
    <ToolCard call={asked}>
      <ApprovalForm
        call={asked}
        description="Sends a letter."
        reason=""
        isSent={false}
        problem={problem}
        onReason={() => {}}
        onDecide={() => {}}
      />
    </ToolCard>,
  )

const text = (html: string) => html.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ')

test('what is not in the language of the page has its own direction', () => {
  const html = approval(call({}))
  for (const said of ['Sends a letter.', '&lt;Ada&gt;']) {
    expect(html).toContain(`<bdi>${said}</bdi>`)
  }
  const failed = renderToStaticMarkup(<ToolCard call={call({ status: 'failed', error: 'No.' })} />)
  expect(failed).toContain('<bdi>No.</bdi>')
})

test('an approval says which tool of whom is asked for, what that may do, and every argument', () => {
  const said = text(approval(call({})))
  expect(said).toContain('The assistant asks to use send_letter of post')
  expect(said).toContain('It may do something that cannot be undone.')
  expect(said).toContain('Sends a letter.')
  for (const part of ['to &lt;Ada&gt;', 'copies 2', '&quot;registered&quot;: true', 'note empty']) {
    expect(said).toContain(part)
  }
})

test('an approval shows a long argument to its end', () => {
  const long = 'word '.repeat(5000)
  expect(approval(call({ input: { text: long } }))).toContain(long)
})

test.each([
  [{}, 'No arguments'],
  ['just text', 'just text'],
  [null, 'null'],
  [[1, 2], '1, 2'],
])('the arguments %j can be read as they are', (input, words) => {
  expect(text(approval(call({ input })))).toContain(words)
})

test('a call is approved and denied by buttons, with room for a reason', () => {
  const html = approval(call({}))
  expect(html).toMatch(/<button[^>]*>(<svg.*?<\/svg>)?Approve<\/button>/)
  expect(html).toMatch(/<button[^>]*>(<svg.*?<\/svg>)?Deny<\/button>/)
  expect(html).toContain('aria-label="Reason for denying"')
  expect(html).not.toContain('role="alert"')
})

test('why a decision was refused is said where it was made', () => {
  expect(approval(call({}), 'There is no such call.')).toMatch(/role="alert".*no such call/)
})

test('a call whose outcome is hidden says so, and asks how it went', () => {
  const asked = call({ status: 'unknown', error: 'The server stopped.' })
  const html = renderToStaticMarkup(
    <ToolCard call={asked}>
      <OutcomeForm call={asked} isSent={false} problem={null} onResolve={() => {}} />
    </ToolCard>,
  )
  expect(html).toContain('The server stopped. Whether it happened is not known.')
  for (const choice of ['It happened', 'It did not happen', 'Try again']) {
    expect(html).toContain(`>${choice}</button>`)
  }
  expect(html.match(/not known/g)).toHaveLength(1)
})

test('the words that an outcome is not known are there once, whoever wrote the cause', () => {
  expect(unknownOutcomeText(undefined)).toBe('Whether it happened is not known.')
  const said = 'Cut off. Whether it happened is not known; it was not repeated.'
  expect(unknownOutcomeText(said)).toBe(said)
})

test('a tool of an MCP server is told by its own name', () => {
  expect(toolLabel({ name: 'files__read__all', source: 'mcp:files' })).toEqual({
    name: 'read__all',
    server: 'files',
  })
  expect(toolLabel({ name: 'odd__one', source: 'mcp:files' }).name).toBe('odd__one')
  expect(toolLabel({ name: 'get_system_metrics', source: 'builtin' }).server).toBeNull()
})

test('that another tab was quicker is no failure; all else is', () => {
  const refusal = (code: string) =>
    TRPCClientError.from({ error: { message: 'Because.', code: -32000, data: { code } } })
  expect(problemOf(refusal('CONFLICT'))).toBeNull()
  expect(problemOf(refusal('NOT_FOUND'))).toBe('Because.')
  expect(problemOf(TRPCClientError.from(new Error('WebSocket closed')))).toContain(
    'connection was lost',
  )
})

test('a decision shows calmly: neither a denial nor what a person found out is an alarm', () => {
  const denied = renderToStaticMarkup(
    <ToolCard call={call({ status: 'denied', error: 'A person denied this call.' })} />,
  )
  expect(denied).toContain('A person denied this call.')
  expect(denied).not.toContain('danger')
})
