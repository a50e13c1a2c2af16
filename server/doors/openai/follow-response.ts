import { isUnfinished } from '../../../shared/contract/active.ts'
import type { CallId } from '../../../shared/contract/ids.ts'
import type { CommittedEvent } from '../../log/events.ts'
import type { DoorRun } from '../../../db/queries/doors/responses.ts'
import { readEventTime, readHeads } from '../../../db/queries/log/events.ts'
import type { Services } from '../../services.ts'
import { runEvents } from '../run-events.ts'
import { settleAnswer } from '../settle-answer.ts'
import { ResponseEvents } from './response-events.ts'
import type { NumberedEvent } from './response-events.ts'
import { isRecord } from '../../../shared/session/is-record.ts'

type Reading = Pick<Services, 'database' | 'hub'>

/** A place in the log, its events of the response that is read, and the response's state there. */
type Told = { seq: number; said: NumberedEvent[]; events: ResponseEvents }

/**
 * The events of one response of a run, until the response is over. Each has a fixed number. Events of one place in the
 * log are yielded together.
 */
export async function* followResponse(
  reading: Reading,
  run: DoorRun,
  segment: number,
  signal: AbortSignal,
): AsyncGenerator<NumberedEvent[], void, void> {
  for await (const { said } of follow(reading, run, segment, signal)) {
    if (said.length > 0) yield said.some(hasResponse) ? said.map((one) => echoed(one, run)) : said
  }
}

function hasResponse({ response }: NumberedEvent): boolean {
  return response !== undefined
}

function echoed(event: NumberedEvent, run: DoorRun): NumberedEvent {
  const { response } = event
  return isRecord(response) ? { ...event, response: { ...response, ...echo(run) } } : event
}

/** The response as it is now, or with `whole` when it is over; null when the run has not reached it. */
export async function readResponse(
  reading: Reading,
  run: DoorRun,
  segment: number,
  signal: AbortSignal,
  whole: boolean,
): Promise<Record<string, unknown> | null> {
  const left = new AbortController()
  const both = AbortSignal.any([signal, left.signal])
  const heads = await readHeads(reading.database.db, [run.sessionId])
  // An ended run is read to its end, also when its log was pruned.
  const isWhole = whole || !isUnfinished(run.status)
  const head = isWhole ? Number.POSITIVE_INFINITY : (heads.get(run.sessionId) ?? 0)
  let found: Record<string, unknown> | null = null
  let goesOn = false
  for await (const { seq, events } of follow(reading, run, segment, both)) {
    if (events.segment === segment) found = { ...events.response(echo(run)) }
    goesOn = seq >= head
    if (goesOn) break
  }
  left.abort()
  if (found || run.request === null) return found
  // The response was requested while other calls of the response before it were open.
  const events = new ResponseEvents(run, segment)
  if (!goesOn) events.status = 'cancelled'
  return events.response(echo(run))
}

/** The response in which a run goes on after these calls, whose answers are committed. */
export async function responseAfter(
  reading: Reading,
  run: DoorRun,
  answered: readonly CallId[],
  signal: AbortSignal,
): Promise<number> {
  const heads = await readHeads(reading.database.db, [run.sessionId])
  const head = heads.get(run.sessionId) ?? 0
  for await (const { seq, events } of follow(reading, run, Number.MAX_SAFE_INTEGER, signal)) {
    const after = answered.flatMap((id) => events.goesOnIn.get(id) ?? [])
    if (after.length === answered.length) return Math.max(...after)
    if (seq >= head) break
  }
  throw new Error(`the log of run ${run.runId} does not tell of all calls that were answered`)
}

async function* follow(
  reading: Reading,
  run: DoorRun,
  segment: number,
  signal: AbortSignal,
): AsyncGenerator<Told, void, void> {
  await settleAnswer(reading, run, signal)
  const events = new ResponseEvents(run)
  const { sessionId, after } = run
  const first = events.begin()
  yield { seq: after, said: segment === 0 ? first : [], events }
  for await (const committed of runEvents(reading, run, signal)) {
    // A run that waited goes on as the next response.
    const begun = events.isOver ? events.next() : []
    const at = mayEndResponse(committed, events)
      ? await readEventTime(reading.database.db, sessionId, committed.seq)
      : null
    const said = [...begun, ...events.translate(committed, at)]
    const isHere = events.segment === segment
    yield { seq: committed.seq, said: isHere ? said : [], events }
    const { event } = committed
    if ((isHere && events.isOver) || (event.type === 'end' && event.runId === run.runId)) return
  }
}

function mayEndResponse({ event }: CommittedEvent, { isAsking }: ResponseEvents): boolean {
  return (
    event.type === 'end' ||
    (event.type === 'message' && event.message.status === 'waiting') ||
    (event.type === 'tool' && isAsking)
  )
}

function echo({ request }: DoorRun): Record<string, unknown> {
  return request ?? {}
}
