import { sessions } from '../../../shared/contract/api/sessions.ts'
import type { SessionId } from '../../../shared/contract/ids.ts'
import { openQuestion } from '../../../shared/contract/open-question.ts'
import type { Message } from '../../../shared/contract/message.ts'
import { rawEvents } from '../../log/reading/raw-events.ts'
import type { DoorRequest } from '../request.ts'

/** The most messages that are read at once. */
const NEWEST = 50

/** A session for another agent: its state, and its newest messages, as text and calls. */
export async function readSession({ call }: DoorRequest, id: SessionId, after?: number) {
  const { seq, title, running, messages } = await call(sessions.read, { id })
  const waits = messages.some((one) => one.status === 'waiting' || asksSomething(one))
  // A question may wait while nothing runs in its session, because a person's runs are limited.
  const isBusy = running || messages.some((one) => one.status === 'queued')
  const shown = after !== undefined && after >= seq ? [] : messages.slice(-NEWEST).map(toShown)
  const status = waits ? 'waiting' : isBusy ? 'running' : 'idle'
  return { session_id: id, seq, title, status, messages: shown }
}

/** @param timeout milliseconds */
export async function waitForSession(door: DoorRequest, id: SessionId, timeout: number) {
  const { services, signal } = door
  const { seq } = await door.call(sessions.get, { id })
  const now = await readSession(door, id)
  if (now.status !== 'running' || timeout === 0) return now
  const over = AbortSignal.any([signal, AbortSignal.timeout(timeout)])
  for await (const { event } of rawEvents(services, {
    sessionId: id,
    after: seq,
    signal: over,
  })) {
    const waits = event.type === 'message' && event.message.status === 'waiting'
    const asks = event.type === 'tool' && openQuestion(event.call) !== undefined
    // A queued question may be taken back, of which the log tells as a change of the branch.
    const mayBeOver = event.type === 'end' || event.type === 'branch'
    if (!mayBeOver && !waits && !asks) continue
    const then = await readSession(door, id)
    if (then.status !== 'running') return then
  }
  return readSession(door, id)
}

function asksSomething({ parts }: Message): boolean {
  return parts.some((part) => part.type === 'tool' && openQuestion(part.call) !== undefined)
}

/** A message as another agent reads it: its text, with refusals, and its calls. */
export function toShown({ id, role, status, parts, error }: Message) {
  const said = parts.map((part) =>
    part.type === 'text' || part.type === 'refusal' ? part.text : '',
  )
  const text = said.join('')
  const calls = parts.flatMap((part) => (part.type === 'tool' ? [part.call] : []))
  return {
    ...{ id, role, status, text },
    ...(calls.length > 0 && {
      calls: calls.map((call) => ({
        ...{ call_id: call.id, name: call.name, status: call.status, input: call.input },
        ...(openQuestion(call) && { question: openQuestion(call) }),
      })),
    }),
    ...(error && { error: error.message }),
  }
}
