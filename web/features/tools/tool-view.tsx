import type { AppToolCall } from '../../../shared/client/index.ts'
import { openQuestion } from '../../../shared/contract/open-question.ts'
import { ErrorBoundary } from '../../ui/loading/error-boundary.tsx'
import { trpc } from '../../client.ts'
import { jsonText } from '../../ui/json-text.ts'
import { useForgottenDrafts } from '../../ui/use-draft.ts'
import { Approval } from './approval/approval.tsx'
import { questionDraft, reasonDraft } from './call-drafts.ts'
import { QuestionOfCall } from './question/question-of-call.tsx'
import { ToolCard } from './tool-card.tsx'
import { UnknownOutcome } from './approval/unknown-outcome.tsx'
import { t } from '../../language/t.ts'

/** The title that an external tool has been given, once the list of tools is there. */
function useTitle({ name, source }: AppToolCall): string | undefined {
  const isExternal = source.startsWith('mcp:')
  const { data } = trpc.tools.list.useQuery(undefined, { enabled: isExternal, retry: false })
  return data?.find((tool) => tool.name === name)?.title
}

/** The card of a call with its form for the user; if it fails to render, the raw call is shown. */
export function ToolView({ call }: { call: AppToolCall }) {
  return (
    <ErrorBoundary fallback={<RawCall call={call} />}>
      <CallView call={call} />
    </ErrorBoundary>
  )
}

function RawCall({ call }: { call: AppToolCall }) {
  return (
    <div
      role="group"
      aria-label={t('Tool {name}', { name: call.name })}
      className="rounded-xl border border-border p-3.5"
    >
      <p role="note" className="text-xs text-muted">
        {t('This call cannot be displayed properly.')}
      </p>
      <pre className="max-h-72 overflow-auto font-mono text-xs wrap-anywhere whitespace-pre-wrap">
        {jsonText(call)}
      </pre>
    </div>
  )
}

/** The keys of a call's drafts that are of no use any more, because the decision or question is settled. */
function overDrafts(call: AppToolCall): string[] {
  const questions = call.questions ?? []
  return [
    ...(call.status === 'awaiting-approval' ? [] : [reasonDraft(call)]),
    ...questions.filter(({ reply }) => reply || call.status !== 'running').map(questionDraft),
  ]
}

function CallView({ call }: { call: AppToolCall }) {
  const title = useTitle(call)
  const question = call.status === 'running' ? openQuestion(call) : undefined
  useForgottenDrafts(overDrafts(call))
  if (question) {
    return (
      <ToolCard call={call} title={title} asks={t('Waits for you')}>
        <QuestionOfCall call={call} question={question} />
      </ToolCard>
    )
  }
  switch (call.status) {
    case 'awaiting-approval':
      return (
        <ToolCard call={call} title={title}>
          <Approval call={call} />
        </ToolCard>
      )
    case 'unknown':
      return (
        <ToolCard call={call} title={title}>
          <UnknownOutcome call={call} />
        </ToolCard>
      )
    default:
      return <ToolCard call={call} title={title} />
  }
}
