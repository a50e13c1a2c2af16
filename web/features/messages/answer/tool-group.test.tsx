import { renderToStaticMarkup } from 'react-dom/server'
import { expect, test } from 'vitest'
import { CallId } from '../../../../shared/contract/ids.ts'
import type { AppToolCall } from '../../../../shared/client/index.ts'
import { ToolGroup } from './tool-group.tsx'

function call(seconds: number, change: Partial<AppToolCall> = {}): AppToolCall {
  return {
    ...{ id: CallId.parse(crypto.randomUUID()), name: 'x__y', source: 'mcp:x', effect: 'read' },
    ...{ input: {}, status: 'completed', durationMs: 1_000 },
    startedAt: `2026-01-01T00:00:0${seconds}.000Z`,
    ...change,
  } as AppToolCall
}

const render = (calls: AppToolCall[]) =>
  renderToStaticMarkup(<ToolGroup calls={calls}>cards</ToolGroup>).replaceAll('<!-- -->', '')

test('calls of a step are one line with the time from the first start to the last end', () => {
  const html = render([call(0), call(0), call(1), call(2, { durationMs: 250 })])
  expect(html).toContain('4 tools, 2.3 s')
  expect(html).not.toContain('open=""')
})

test('while one runs or waits for somebody they are open, and what failed is said', () => {
  expect(render([call(0), call(0), call(1, { status: 'awaiting-approval' })])).toContain('open=""')
  expect(render([call(0), call(0), call(1, { status: 'running' })])).toContain('open=""')
  expect(render([call(0), call(0), call(1, { status: 'failed' })])).toContain(', 1 failed')
})
