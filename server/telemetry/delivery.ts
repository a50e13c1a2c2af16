import type { RunId, SessionId } from '../../shared/contract/ids.ts'
import type { CommittedEvent } from '../log/events.ts'
import type { HubObserver } from '../log/reading/hub.ts'
import type { Attributes, Telemetry } from './telemetry.ts'

/** An answer that this node sends to readers. */
type Delivery = {
  runId: RunId
  events: number
  readers: number
  finish: (more: Attributes) => void
}

/**
 * One span for what a node sends to the readers of an answer: from its first event to the answer's end, or until the
 * last reader here leaves. It counts events by their batches, and has no span for each token.
 */
export function traceDelivery(telemetry: Pick<Telemetry, 'within'>): HubObserver {
  // A session has one answer at a time.
  const open = new Map<SessionId, Delivery>()

  const begin = (sessionId: SessionId, runId: RunId): Delivery => {
    const ended = Promise.withResolvers<Attributes>()
    const attributes = { 'gen_ai.conversation.id': sessionId, 'throughline.run.id': runId }
    void telemetry.within({ name: 'delivery', kind: 'internal', attributes }, async (span) =>
      span.set(await ended.promise),
    )
    const delivery = { runId, events: 0, readers: 0, finish: ended.resolve }
    open.set(sessionId, delivery)
    return delivery
  }
  const finish = (sessionId: SessionId, how: 'ended' | 'left'): void => {
    const delivery = open.get(sessionId)
    if (!delivery) return
    open.delete(sessionId)
    delivery.finish({
      'throughline.delivery.events': delivery.events,
      'throughline.delivery.readers': delivery.readers,
      'throughline.delivery.outcome': how,
    })
  }

  return {
    delivered(sessionId, events, readers) {
      const runId = runOf(events)
      let delivery = open.get(sessionId)
      if (delivery && runId !== null && delivery.runId !== runId) {
        finish(sessionId, 'left')
        delivery = undefined
      }
      delivery ??= runId === null ? undefined : begin(sessionId, runId)
      if (!delivery) return
      delivery.events += events.length
      delivery.readers = Math.max(delivery.readers, readers)
      if (events.some(({ event }) => event.type === 'end')) finish(sessionId, 'ended')
    },
    left: (sessionId) => finish(sessionId, 'left'),
  }
}

/** The run of the newest event that has one; the events of a batch seldom belong to two. */
function runOf(events: readonly CommittedEvent[]): RunId | null {
  const last = events.findLast(({ event }) => 'runId' in event)?.event
  return last && 'runId' in last ? last.runId : null
}
