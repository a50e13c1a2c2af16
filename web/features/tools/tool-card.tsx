import { Activity, ChevronRight, CircleUser, Wrench } from 'lucide-react'
import { createElement, useMemo, useState } from 'react'
import type { ReactNode } from 'react'
import type { AppToolCall } from '../../../shared/client/index.ts'
import type { McpOutput } from '../../../shared/contract/mcp-output.ts'
import { ErrorBoundary } from '../../ui/loading/error-boundary.tsx'
import { CallFiles } from './call-files.tsx'
import { CallProgress } from './call-progress.tsx'
import { Elapsed } from './elapsed.tsx'
import { JsonDetails } from './json-details.tsx'
import { readMcpAnswer, withoutPictures } from './mcp-answer.ts'
import { McpResult } from './mcp-result.tsx'
import { SystemMetrics } from './system-metrics.tsx'
import { toolTitle } from '../../tool-title.ts'
import { UserProfile } from './user-profile.tsx'
import { msg, t } from '../../language/t.ts'
import type { Marked } from '../../language/t.ts'

const statusTexts: Record<AppToolCall['status'], Marked> = {
  pending: msg('Pending'),
  'awaiting-approval': msg('Waiting for approval'),
  running: msg('Running'),
  completed: msg('Done'),
  failed: msg('Failed'),
  denied: msg('Denied'),
  unknown: msg('Outcome unknown'),
}

type Tone = 'calm' | 'busy' | 'asks' | 'bad'

const tones: Record<AppToolCall['status'], Tone> = {
  pending: 'busy',
  'awaiting-approval': 'asks',
  running: 'busy',
  completed: 'calm',
  failed: 'bad',
  denied: 'calm',
  unknown: 'bad',
}

const borders: Record<Tone, string> = {
  calm: 'border-border',
  busy: 'border-border',
  asks: 'border-accent',
  bad: 'border-danger/50',
}

const statusColours: Record<Tone, string> = {
  calm: 'text-muted',
  busy: 'text-accent',
  asks: 'text-accent',
  bad: 'text-danger',
}

/**
 * One tool call with its state and result: one line, which opens by itself when it needs somebody, failed, or has a
 * view of its own.
 * @param props.title the tool's own; its name as words when it has none
 * @param props.children the form that asks the user about the call; it replaces the description of the state
 */
export function ToolCard(props: {
  call: AppToolCall
  title?: string | undefined
  /** Replaces the state of a running call that waits for a person. */
  asks?: string
  children?: ReactNode
}) {
  const { call, asks, children } = props
  const [chosen, setChosen] = useState<boolean | null>(null)
  const tone = asks ? 'asks' : tones[call.status]
  const answer = useMemo(
    () => (call.source.startsWith('mcp:') ? readMcpAnswer(call.output) : null),
    [call.source, call.output],
  )
  const view = resultOf(call)
  const result = answer ? <McpResult tool={call.name} answer={answer} /> : view
  const showsInput = !children || call.status !== 'awaiting-approval'
  const needsSomebody = children !== undefined || tone === 'asks'
  const isOpen =
    needsSomebody || (chosen ?? (tone === 'bad' || view !== null || hasPicture(call, answer)))
  return (
    <div
      role="group"
      aria-label={t('Tool {name}', { name: call.name })}
      tabIndex={-1}
      className={`max-w-xl rounded-xl border bg-raised ${borders[tone]}`}
    >
      <details open={isOpen} className="group/call">
        <summary
          className={`flex min-h-10 list-none flex-wrap items-center gap-x-2.5 rounded-xl px-3.5 py-1.5 text-sm [&::-webkit-details-marker]:hidden ${needsSomebody ? '' : 'cursor-pointer hover:bg-hover/50'}`}
          onClick={(event) => {
            // React controls `open`; the browser would toggle it too.
            event.preventDefault()
            if (!needsSomebody) setChosen(!isOpen)
          }}
        >
          <ToolIcon name={call.name} isBusy={tone === 'busy'} />
          <span className="min-w-0 truncate" title={call.name}>
            {props.title ?? toolTitle(call)}
          </span>
          <span className={`ms-auto flex items-center gap-2 text-xs ${statusColours[tone]}`}>
            {asks ?? t(statusTexts[call.status])}
            {!asks && <Elapsed call={call} />}
            {!needsSomebody && (
              <ChevronRight
                aria-hidden
                size={14}
                className="-me-1 text-muted transition-transform duration-150 group-open/call:rotate-90 rtl:not-group-open/call:rotate-180"
              />
            )}
          </span>
        </summary>
        {call.error && !children && (
          <p
            className={`px-3.5 pb-3 text-sm wrap-anywhere ${tone === 'bad' ? 'text-danger' : 'text-muted'}`}
          >
            <bdi>{call.error}</bdi>
          </p>
        )}
        {children}
        {result && (
          // A call of another version of its tool may have another shape; its raw output is still shown below.
          <ErrorBoundary fallback={null}>
            <div className="border-t border-border p-3.5 empty:hidden">{result}</div>
          </ErrorBoundary>
        )}
        <CallFiles call={call} />
        <footer className="border-t border-border text-xs empty:hidden">
          {showsInput && (
            <JsonDetails
              label={t('Input')}
              copyLabel={t('Copy input')}
              value={call.input}
              isOpen={!result}
            />
          )}
          {call.output !== undefined && (
            <JsonDetails
              label={t('Output')}
              copyLabel={t('Copy output')}
              value={answer ? withoutPictures(answer) : call.output}
              isOpen={!result}
            />
          )}
        </footer>
      </details>
      <CallProgress call={call} />
    </div>
  )
}

function hasPicture({ files }: AppToolCall, answer: McpOutput | null): boolean {
  if (files?.some(({ kind }) => kind === 'image')) return true
  return answer?.content.some(({ type }) => type === 'image') ?? false
}

function resultOf(call: AppToolCall): ReactNode {
  if (call.source !== 'builtin' || call.output === undefined || call.untyped) return null
  switch (call.name) {
    case 'get_system_metrics':
      return <SystemMetrics metrics={call.output} />
    case 'fetch_user_profile':
      return <UserProfile profile={call.output} />
    default:
      return null
  }
}

function ToolIcon({ name, isBusy }: { name: string; isBusy: boolean }) {
  return createElement(icons.get(name) ?? Wrench, {
    'aria-hidden': true,
    size: 15,
    className: isBusy ? 'animate-pulse text-accent' : 'text-muted',
  })
}

/** A map, because external tools may have names such as `constructor`. */
const icons = new Map<string, typeof Wrench>([
  ['get_system_metrics', Activity],
  ['fetch_user_profile', CircleUser],
])
