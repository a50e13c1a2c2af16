import { describe, expect, test } from 'vitest'
import type { SessionsChange } from '../../../shared/contract/events.ts'
import { askFirst } from '../../testing/ask-first.ts'
import { startTwoApps } from '../../testing/two-apps.ts'
import { textOf, watch } from '../../testing/clients/watch.ts'

const startTwo = () => startTwoApps({ tools: [askFirst] })

describe('two nodes on one database', () => {
  test('show their readers the same, live, wherever the answer is written (P1, P2, P5)', async () => {
    await using nodes = await startTwo()
    const { first, second } = nodes
    const { id } = await first.caller.sessions.create({})
    await using here = watch(first.caller, id)
    await using there = watch(second.caller, id)
    await there.untilEvent('snapshot')
    await first.caller.messages.send({ sessionId: id, text: 'Hello' })
    const call = await first.model.nextCall()
    for (const word of ['one ', 'two ', 'three ', 'x'.repeat(20_000)]) {
      call.say(word)
      await there.until(({ state }) =>
        textOf(state, state?.messages.at(-1)?.id ?? '').endsWith(word),
      )
    }
    call.finish()
    await there.untilEvent('end')
    await here.untilEvent('end')
    expect(there.state).toEqual(here.state)
    const seqs = there.events.map(({ seq }) => seq)
    expect(seqs).toEqual([...new Set(seqs)].toSorted((a, b) => a - b))
  })

  test('take commands for each other: sends wait their turn, stops reach the provider (P1, P9)', async () => {
    await using nodes = await startTwo()
    const { first, second } = nodes
    const { id } = await first.caller.sessions.create({})
    await using there = watch(second.caller, id)
    await there.untilEvent('snapshot')
    await first.caller.messages.send({ sessionId: id, text: 'one' })
    const call = await first.model.nextCall()
    call.say('1')
    await there.untilEvent('chunk')
    await second.caller.messages.send({ sessionId: id, text: 'two' })
    const aborted = new Promise((resolve) => call.signal.addEventListener('abort', resolve))
    expect(await second.caller.runs.stop({ sessionId: id })).toEqual({ stopped: true })
    await aborted
    expect(await there.untilEvent('end')).toMatchObject({ outcome: 'stopped' })
    const next = await first.model.nextCall()
    expect(next.step.messages.at(-1)).toEqual({ role: 'user', text: 'two' })
    next.finish()
    await there.until(
      ({ state }) => state?.session.running === false && state.messages.length === 4,
    )
  })

  test('tell each other’s session lists what changed', async () => {
    await using nodes = await startTwo()
    const { first, second } = nodes
    const leave = new AbortController()
    const owner = await second.caller.me()
    const changes = second.services.changes.follow(owner.id, leave.signal)
    // Repeated changes of one session are merged into its newest state.
    const next = async (wanted: (change: SessionsChange) => boolean) => {
      for (;;) {
        const { value } = await changes.next()
        if (!value || wanted(value)) {
          return value
        }
      }
    }
    const created = next(({ type }) => type === 'session')
    const { id } = await first.caller.sessions.create({ title: 'Here' })
    expect(await created).toMatchObject({ type: 'session', session: { id, title: 'Here' } })
    const renamed = next((change) => change.type === 'session' && change.session.title !== 'Here')
    await first.caller.sessions.update({ id, title: 'There' })
    expect(await renamed).toMatchObject({ type: 'session', session: { title: 'There' } })
    const gone = next(({ type }) => type === 'deleted')
    await first.caller.sessions.delete({ id })
    expect(await gone).toEqual({ type: 'deleted', id })
    leave.abort()
  })

  test('let go of an answer whose session was deleted on the other', async () => {
    await using nodes = await startTwo()
    const { first, second } = nodes
    const { id } = await first.caller.sessions.create({})
    await first.caller.messages.send({ sessionId: id, text: 'one' })
    const call = await first.model.nextCall()
    call.say('1')
    const aborted = new Promise((resolve) => call.signal.addEventListener('abort', resolve))
    await second.caller.sessions.delete({ id })
    await aborted
    await expect(first.caller.sessions.get({ id })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  test('hand over what they drive when they are told to end, at once (P6)', async () => {
    await using nodes = await startTwo()
    const { first, second } = nodes
    const { id } = await first.caller.sessions.create({})
    await using there = watch(second.caller, id)
    await there.untilEvent('snapshot')
    await first.caller.messages.send({ sessionId: id, text: 'Hello' })
    const step = await first.model.nextCall()
    step.callTools({ name: 'get_system_metrics', arguments: { metric_type: 'uptime' } })
    const cut = await first.model.nextCall()
    cut.say('As I was')
    await there.untilEvent('chunk')
    const closed = first.close()
    const again = await second.model.nextCall()
    expect(again.step.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool'])
    again.say('Up for a second.')
    again.finish()
    expect(await there.untilEvent('end')).toMatchObject({ outcome: 'completed' })
    await closed
    const starts = there.events.flatMap(({ event }) => (event.type === 'start' ? [event] : []))
    expect(starts).toMatchObject([{ attempt: 1 }, { attempt: 2, keepParts: 1 }])
    const answer = there.state?.messages.at(-1)
    expect(answer?.parts.at(-1)).toEqual({ type: 'text', text: 'Up for a second.' })
  })

  test('tell a reader who is behind a change of the branch of the answer as it was there, though another attempt has since made other parts of it (P2, P3)', async () => {
    await using nodes = await startTwo()
    const { first, second } = nodes
    const { id } = await first.caller.sessions.create({ title: 'Rewound' })
    await using live = watch(second.caller, id)
    await live.untilEvent('snapshot')
    await first.caller.messages.send({ sessionId: id, text: 'one' })
    const call = await first.model.nextCall()
    call.say('Let me see')
    await live.untilEvent('chunk')
    const { messageId } = await first.caller.messages.send({ sessionId: id, text: 'two' })
    await live.until(({ state }) => state?.messages.at(-1)?.id === messageId)
    const before = live.state
    await first.caller.messages.unqueue({ id: messageId })
    await live.until(({ events }) => events.at(-1)?.event.type === 'snapshot')
    call.say(' what there is')
    await live.until(({ events }) => events.at(-1)?.event.type === 'chunk')
    await first.close()
    const again = await second.model.nextCall()
    again.callTools({ name: 'get_system_metrics', arguments: { metric_type: 'uptime' } })
    const last = await second.model.nextCall()
    last.say('Long.')
    last.finish()
    await live.untilEvent('end')
    // This node's memory of the log is older than the compacted log.
    const chunks = async () =>
      (await second.caller.sessions.log({ id })).events.filter(
        ({ event }) => event.type === 'chunk',
      )
    await expect.poll(async () => (await chunks()).length).toBe(1)
    await using late = watch(second.caller, id, before)
    await late.untilEvent('end')
    expect(late.events[0]?.event).toMatchObject({
      type: 'snapshot',
      messages: [{}, { status: 'running', parts: [] }],
    })
    expect(late.state).toEqual(live.state)
  })

  test('let any of them decide about a call that waits (P11)', async () => {
    await using nodes = await startTwo()
    const { first, second } = nodes
    expect(first.services.tools.list()).toEqual(second.services.tools.list())
    const { id } = await first.caller.sessions.create({})
    await using there = watch(second.caller, id)
    await there.untilEvent('snapshot')
    await first.caller.messages.send({ sessionId: id, text: 'Hello' })
    const call = await first.model.nextCall()
    call.callTools({ name: 'ask_first', arguments: {} })
    await there.until(({ state }) => state?.messages.at(-1)?.status === 'waiting')
    const part = there.state?.messages.at(-1)?.parts[0]
    const callId = part?.type === 'tool' ? part.call.id : ''
    await second.caller.tools.decide({ callId, decision: 'deny', reason: 'No.' })
    const next = await second.model.nextCall()
    expect(next.step.messages.at(-1)).toMatchObject({ role: 'tool', failed: true })
    next.say('Then not.')
    next.finish()
    await there.untilEvent('end')
  })
})
