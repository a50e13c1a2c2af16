import type { Metrics } from '../metrics.ts'
import type { CommittedEvent } from './hub.ts'

/** Counts what this node commits: events, answers by how they ended, and the tokens of those. */
export function measureLog(metrics: Metrics): (events: readonly CommittedEvent[]) => void {
  const count = metrics.counter('throughline_events_committed_total', 'Events committed, by type.')
  const end = metrics.counter('throughline_runs_ended_total', 'Answers that ended, by outcome.')
  const use = metrics.counter('throughline_tokens_total', 'Tokens of ended answers, by direction.')
  return (events) => {
    for (const { event } of events) {
      count({ type: event.type })
      if (event.type === 'end') {
        end({ outcome: event.outcome })
        use({ direction: 'input' }, event.usage?.inputTokens ?? 0)
        use({ direction: 'output' }, event.usage?.outputTokens ?? 0)
      }
    }
  }
}
