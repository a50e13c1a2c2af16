import { Counter } from 'prom-client'
import type { Registry } from 'prom-client'
import type { CommittedEvent } from './events.ts'

/** Counts what this node commits: events, answers by how they ended, and the tokens of those. */
export function createLogMetrics(registry: Registry): (events: readonly CommittedEvent[]) => void {
  const committed = new Counter({
    name: 'throughline_events_committed_total',
    help: 'Events committed, by type.',
    labelNames: ['type'],
    registers: [registry],
  })
  const ended = new Counter({
    name: 'throughline_runs_ended_total',
    help: 'Answers that ended, by outcome.',
    labelNames: ['outcome'],
    registers: [registry],
  })
  const tokens = new Counter({
    name: 'throughline_tokens_total',
    help: 'Tokens of ended answers, by direction.',
    labelNames: ['direction'],
    registers: [registry],
  })
  return (events) => {
    for (const { event } of events) {
      committed.inc({ type: event.type })
      if (event.type === 'end') {
        ended.inc({ outcome: event.outcome })
        tokens.inc({ direction: 'input' }, event.usage?.inputTokens ?? 0)
        tokens.inc({ direction: 'output' }, event.usage?.outputTokens ?? 0)
      }
    }
  }
}
