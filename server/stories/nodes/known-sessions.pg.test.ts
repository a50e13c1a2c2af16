import { MessageId } from '../../../shared/contract/ids.ts'
import { expect, test } from 'vitest'
import type { ScriptedAnswer } from '../../testing/scripted-answer.ts'
import { beforeStatement } from '../../testing/lost-answer.ts'
import { startTwoApps } from '../../testing/two-apps.ts'
import { watch } from '../../testing/clients/watch.ts'
import { defineTool } from '../../tools/define.ts'
import { z } from 'zod'

const echo = defineTool({
  name: 'echo',
  description: 'Says it again',
  input: z.object({}),
  output: z.object({}),
  effect: 'read',
  approval: 'never',
  execute: async () => ({}),
})

const startTwo = () => startTwoApps({ tools: [echo] })

test('a node that knew a session before another node went on with it asks behind what was said there (P1)', async () => {
  await using nodes = await startTwo()
  const { first, second } = nodes
  const { id } = await first.caller.sessions.create({ title: 'Between two nodes' })
  await using live = watch(first.caller, id)
  await live.untilEvent('snapshot')
  for (const [index, node] of [first, second, first, first, second, first].entries()) {
    node.model.plan(`Answer ${index}`)
    await node.caller.messages.send({ sessionId: id, text: `Question ${index}` })
    await live.until(({ state }) => {
      const { messages = [] } = state ?? {}
      return messages.length === 2 * index + 2 && messages.at(-1)?.status === 'completed'
    })
  }
  expect(live.state?.messages.flatMap(({ parts }) => parts)).toMatchObject(
    [0, 1, 2, 3, 4, 5].flatMap((index) => [
      { text: `Question ${index}` },
      { text: `Answer ${index}` },
    ]),
  )
  const parents = live.state?.messages.map(({ parentId }) => parentId)
  expect(parents).toEqual(
    [null, ...(live.state?.messages.map(({ id: of }) => of) ?? [])].slice(0, -1),
  )
})

test('of many sends at once on two nodes to one session, each is asked once, in an order that all see (P1, P5)', async () => {
  await using nodes = await startTwo()
  const { first, second } = nodes
  const { id } = await first.caller.sessions.create({ title: 'From two nodes at once' })
  const answers = Array.from({ length: 8 }, (_, index) => `Answer ${index}`)
  first.model.plan(...answers)
  second.model.plan(...answers)
  await using here = watch(first.caller, id)
  await using there = watch(second.caller, id)
  await there.untilEvent('snapshot')
  const texts = Array.from({ length: 8 }, (_, index) => `Question ${index}`)
  const ids = texts.map(() => crypto.randomUUID())
  // Each is sent to both nodes, as a client does that lost the first one's answer.
  const sent = await Promise.all(
    texts.flatMap((text, index) =>
      [first, second].map((node) =>
        node.caller.messages.send({ sessionId: id, text, id: ids[index] }),
      ),
    ),
  )
  expect(new Set(sent.map(({ runId }) => runId)).size).toBe(8)
  for (const reader of [here, there]) {
    await reader.until(({ state }) => {
      const { messages = [] } = state ?? {}
      return messages.length === 16 && messages.every(({ status }) => status === 'completed')
    })
  }
  expect(here.state).toEqual(there.state)
  const asked = here.state?.messages.filter(({ role }) => role === 'user').map(({ id: of }) => of)
  expect(asked?.toSorted()).toEqual(ids.toSorted())
})

test('what a node remembers of a conversation is what another one reads of it, whatever was done to it', async () => {
  await using nodes = await startTwo()
  const { first, second } = nodes
  const { id } = await first.caller.sessions.create({ title: 'Remembered' })
  await using live = watch(first.caller, id)
  await live.untilEvent('snapshot')
  const last = () => live.state?.messages.at(-1)
  /** Resolves when another answer than the last one has ended: an edit first shows the answer before it. */
  const answered = async (ask: () => Promise<unknown>) => {
    const before = live.state?.messages.map(({ id: of }) => of)
    await ask()
    await live.until(({ state }) => {
      const newest = state?.messages.at(-1)
      const isNew = newest !== undefined && !before?.includes(newest.id)
      return isNew && newest.role === 'assistant' && newest.status === 'completed'
    })
  }
  /** Both nodes answer the last question once more: only the first one has the conversation in memory. */
  const expectSame = async (messages: number) => {
    for (const node of [first, second]) {
      node.model.plan('Again.')
      await answered(() => node.caller.messages.regenerate({ id: MessageId.parse(last()?.id) }))
    }
    const [mine, other] = [first, second].map((node) => node.model.steps.at(-1)?.messages)
    expect(mine).toEqual(other)
    expect(mine).toHaveLength(messages)
  }
  const { caller } = first
  const say = async (text: string, ...answers: ScriptedAnswer[]) => {
    first.model.plan(...answers)
    await answered(() => caller.messages.send({ sessionId: id, text }))
  }
  await say('One?', 'First.')
  await say('Two?', { tools: [{ name: 'echo', input: {} }] }, 'Second.')
  await expectSame(3)
  await say('Three?', 'Third.')
  await expectSame(5)
  const two = live.state?.messages[2]?.id ?? ''
  first.model.plan('Other.')
  await answered(() =>
    caller.messages.edit({ id: MessageId.parse(two), text: 'Two, said otherwise?' }),
  )
  await expectSame(3)
  await say('And then?', 'Then.')
  await expectSame(5)
  await caller.messages.select({ id: two })
  await live.until(({ state }) => state?.messages[2]?.id === two)
  await say('Back here?', 'Here.')
  await say('Still here?', 'Still.')
  await expectSame(9)
})

test('a stop, or a message, that another node accepts right before an answer ends counts (P9, P1)', async () => {
  await using nodes = await startTwo()
  const { first, second } = nodes
  const { id } = await first.caller.sessions.create({ title: 'At the last moment' })
  await using live = watch(first.caller, id)
  await live.untilEvent('snapshot')
  const { db } = first.services.database
  const say = async (text: string) => {
    await first.caller.messages.send({ sessionId: id, text })
    const call = await first.model.nextCall()
    call.say('Done.')
    call.finish()
  }
  beforeStatement(db, 'end_answers', () => second.caller.runs.stop({ sessionId: id }))
  await say('One?')
  expect(await live.untilEvent('end')).toMatchObject({ outcome: 'stopped' })

  beforeStatement(db, 'end_answers', () =>
    second.caller.messages.send({ sessionId: id, text: 'Three?' }),
  )
  await say('Two?')
  const next = await first.model.nextCall()
  expect(next.step.messages.at(-1)).toEqual({ role: 'user', text: 'Three?' })
  next.finish()
})

test('text that Postgres refuses in JSON is stored and shown as it was said', async () => {
  await using nodes = await startTwo()
  const { first, second } = nodes
  const { id } = await first.caller.sessions.create({ title: 'Odd' })
  await using live = watch(first.caller, id)
  await live.untilEvent('snapshot')
  const odd = 'a\u0000b "\\" \ud800 c'
  first.model.plan('Fine: "\\u0000" \\ud800 \u{1f600}')
  await first.caller.messages.send({ sessionId: id, text: odd })
  await live.untilEvent('end')
  const stored = await second.caller.messages.list({ sessionId: id })
  expect(stored.messages.map(({ parts }) => parts)).toMatchObject([
    [{ text: odd }],
    [{ text: 'Fine: "\\u0000" \\ud800 \u{1f600}' }],
  ])
})
