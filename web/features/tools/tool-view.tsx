import type { AppToolCall } from '../../../shared/client/index.ts'
import { Approval } from './approval.tsx'
import { ToolCard } from './tool-card.tsx'
import { UnknownOutcome } from './unknown-outcome.tsx'

/** A call's card, with what the person is asked about it. */
export function ToolView({ call }: { call: AppToolCall }) {
  switch (call.status) {
    case 'awaiting-approval':
      return (
        <ToolCard call={call}>
          <Approval call={call} />
        </ToolCard>
      )
    case 'unknown':
      return (
        <ToolCard call={call}>
          <UnknownOutcome call={call} />
        </ToolCard>
      )
    default:
      return <ToolCard call={call} />
  }
}
