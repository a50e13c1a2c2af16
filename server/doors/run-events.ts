import { readEventsWithin } from '../../db/queries/log/events.ts'
import { hasRunEvents } from '../../db/queries/log/run-events.ts'
import { readMessages } from '../../db/queries/messages/messages.ts'
import type { DoorRun } from '../../db/queries/doors/responses.ts'
import { findRun } from '../../db/queries/runs/runs.ts'
import { isUnfinished } from '../../shared/contract/active.ts'
import { Outcome } from '../../shared/contract/message.ts'
import type { Message } from '../../shared/contract/message.ts'
import type { AppendedEvent, CommittedEvent } from '../log/events.ts'
import { rawEvents } from '../log/reading/raw-events.ts'
import type { Services } from '../services.ts'
import { partEvents } from './part-events.ts'

/**
 * The events of the log from the beginning of a run. An imported answer has no events of its own; it yields events made
 * from its contents, which have the same places each time. A run whose question is taken back while it is queued is
 * deleted, and the log has no end of it; it yields one.
 */
export async function* runEvents(
  reading: Pick<Services, 'database' | 'hub'>,
  run: DoorRun,
  signal: AbortSignal,
): AsyncGenerator<CommittedEvent, void, void> {
  const { sessionId, after } = run
  const { db } = reading.database
  const isLogged =
    isUnfinished(run.status) ||
    (await hasRunEvents(db, { sessionId, runId: run.runId, after })) ||
    // Pruned events had seqs of their own.
    (await readEventsWithin(db, sessionId, after, { limit: 1, maxLength: 1 })).isPruned
  if (isLogged) {
    let isQueued = run.status === 'queued'
    for await (const committed of rawEvents(reading, { sessionId, after, signal })) {
      yield committed
      const { event, seq } = committed
      if (event.type === 'start' && event.runId === run.runId) isQueued = false
      // Only an event that may have taken the question out of the queue is worth a query.
      const mayBeGone = isQueued && (event.type === 'branch' || isOfQuestion(event, run))
      if (mayBeGone && !(await findRun(db, run.runId))) {
        yield { seq, event: stopOf(run) }
        return
      }
    }
    return
  }
  const [found] = await readMessages(db, sessionId, [run.messageId])
  const told = found ? eventsOf(run, found.message) : []
  for (const [index, event] of told.entries()) yield { seq: after + 1 + index, event }
}

function isOfQuestion(event: AppendedEvent, { questionId }: DoorRun): boolean {
  return event.type === 'message' && event.message.id === questionId
}

function stopOf({ runId, messageId }: DoorRun): AppendedEvent {
  const nothing = { finish: null, usage: null, error: null }
  return { type: 'end', runId, messageId, outcome: 'stopped', ...nothing }
}

function eventsOf({ runId, messageId }: DoorRun, message: Message): AppendedEvent[] {
  const { parts, status, usage, error, finish } = message
  const outcome = Outcome.catch('interrupted').parse(status)
  return [
    {
      ...{ type: 'start', runId, messageId, attempt: 1, keepParts: 0 },
      message: { ...message, status: 'running', parts: [] },
    },
    ...partEvents(messageId, parts),
    {
      ...{ type: 'end', runId, messageId, outcome, usage, error },
      finish: outcome === 'completed' ? (finish ?? 'stop') : null,
    },
  ]
}
