import { expect, test } from 'vitest'
import { RunId, SessionId } from '../../shared/contract/ids.ts'
import type { CommittedEvent } from '../log/events.ts'
import { Hub } from '../log/reading/hub.ts'
import { traceDelivery } from './delivery.ts'
import type { Attributes } from './telemetry.ts'

const sessionId = SessionId.parse(crypto.randomUUID())

/** A hub whose deliveries are gathered as they end. */
function traced() {
  const ended: Attributes[] = []
  const observer = traceDelivery({
    within: ({ attributes = {} }, work) =>
      work({ set: (more) => void ended.push({ ...attributes, ...more }), fail: () => undefined }),
  })
  return { hub: new Hub(undefined, { observer }), ended }
}

const chunk = (seq: number, runId: RunId): CommittedEvent => ({
  seq,
  event: { type: 'chunk', runId, part: 0, kind: 'text', offset: seq, text: 'x' } as never,
})
const end = (seq: number, runId: RunId): CommittedEvent => ({
  seq,
  event: { type: 'end', runId } as never,
})

test('a delivery counts what is new, of its own node and of others, and ends with its answer', async () => {
  const { hub, ended } = traced()
  const runId = RunId.parse(crypto.randomUUID())
  // Nobody reads here yet.
  hub.publish(sessionId, [chunk(1, runId)])
  using subscription = hub.subscribe(sessionId, new AbortController().signal)
  subscription.reached(1)
  hub.publish(sessionId, [chunk(2, runId), chunk(3, runId)])
  hub.receive(sessionId, [chunk(3, runId), chunk(4, runId)], 2)
  hub.receive(sessionId, [chunk(4, runId)], 3)
  expect(ended).toEqual([])
  hub.publish(sessionId, [end(5, runId)])
  await expect
    .poll(() => ended)
    .toEqual([
      {
        'gen_ai.conversation.id': sessionId,
        'throughline.run.id': runId,
        'throughline.delivery.events': 4,
        'throughline.delivery.readers': 1,
        'throughline.delivery.outcome': 'ended',
      },
    ])
})

test('a delivery ends when nobody reads here any more, and when the session is gone', async () => {
  const { hub, ended } = traced()
  for (const leave of [() => undefined, () => hub.close(sessionId)]) {
    const runId = RunId.parse(crypto.randomUUID())
    {
      using _reader = hub.subscribe(sessionId, new AbortController().signal)
      hub.publish(sessionId, [chunk(1, runId)])
      leave()
    }
    await expect
      .poll(() => ended.at(-1))
      .toMatchObject({ 'throughline.run.id': runId, 'throughline.delivery.outcome': 'left' })
  }
  expect(ended).toHaveLength(2)
})
