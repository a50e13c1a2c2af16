import { Client } from '@modelcontextprotocol/client'
import { expect, test } from 'vitest'
import { UserId } from '../../../shared/contract/ids.ts'
import type { Asked } from '../../../shared/contract/question.ts'
import { Asking } from './asking.ts'
import type { Askable } from './asking.ts'

const ADA = UserId.parse('0191d6a0-0000-7000-8000-000000000001')
const BOB = UserId.parse('0191d6a0-0000-7000-8000-000000000002')

type Handler = (request: unknown, context: unknown) => Promise<unknown>

/** Requests of the server, as the client library passes them on. */
function open() {
  let lost = 0
  const asking = new Asking(() => (lost += 1))
  const client = new Client({ name: 'test', version: '1' })
  const handlers: Handler[] = []
  client.setRequestHandler = (_method: string, handler: unknown) =>
    void handlers.push(handler as Handler)
  asking.attach(client)
  const ask = (params: object) =>
    handlers[0]?.({ params }, { mcpReq: { signal: new AbortController().signal } })
  const form = { message: 'Sure?', requestedSchema: { type: 'object', properties: {} } }
  return { asking, ask, form, lost: () => lost }
}

/** A call, and what it was asked. */
function callOf(id: UserId) {
  const asked: Asked[] = []
  const stop = new AbortController()
  const call: Askable = {
    ...{ caller: { id }, signal: stop.signal },
    ask: async (question) => {
      asked.push(question)
      return { action: 'decline' }
    },
  }
  return { call, asked, stop }
}

test('a question of no call is for the person whose calls are the only ones, and for nobody among several (P10)', async () => {
  const { asking, ask, form, lost } = open()
  expect(await ask(form)).toEqual({ action: 'cancel' })
  const [ada, bob] = [callOf(ADA), callOf(BOB)]
  const leave = Promise.withResolvers<void>()
  const first = asking.during(ada.call, () => leave.promise)
  expect(await ask(form)).toEqual({ action: 'decline' })
  expect(ada.asked).toHaveLength(1)
  const second = asking.during(bob.call, () => leave.promise)
  expect(await ask(form)).toEqual({ action: 'cancel' })
  expect([ada.asked.length, bob.asked.length, lost()]).toEqual([1, 0, 1])
  leave.resolve()
  await Promise.all([first, second])
})

test('a question on the stream of a call is for that call, whoever else has one', async () => {
  const { asking, ask, form } = open()
  const [ada, bob] = [callOf(ADA), callOf(BOB)]
  const leave = Promise.withResolvers<void>()
  const first = asking.during(ada.call, async () => {
    await leave.promise
    return ask(form)
  })
  const second = asking.during(bob.call, () => leave.promise)
  leave.resolve()
  expect(await first).toEqual({ action: 'decline' })
  await second
  expect([ada.asked.length, bob.asked.length]).toEqual([1, 0])
})

test('a question that comes when its call is over is for nobody, though another person has a call (P10)', async () => {
  const { asking, ask, form } = open()
  const [ada, bob] = [callOf(ADA), callOf(BOB)]
  const later = Promise.withResolvers<void>()
  let late: Promise<unknown> = Promise.resolve()
  await asking.during(ada.call, async () => {
    late = later.promise.then(() => ask(form))
  })
  await asking.during(bob.call, async () => {
    later.resolve()
    expect(await late).toEqual({ action: 'cancel' })
  })
  expect([ada.asked.length, bob.asked.length]).toEqual([0, 0])
})

test('a question of no call may be about one that was left, and is for nobody else (P10)', async () => {
  const { asking, ask, form, lost } = open()
  const [ada, bob] = [callOf(ADA), callOf(BOB)]
  await asking.during(ada.call, async () => ada.stop.abort())
  const bobLeaves = Promise.withResolvers<void>()
  const other = asking.during(bob.call, () => bobLeaves.promise)
  expect(await ask(form)).toEqual({ action: 'cancel' })
  bobLeaves.resolve()
  await other
  const again = callOf(ADA)
  const leave = Promise.withResolvers<void>()
  const same = asking.during(again.call, () => leave.promise)
  expect(await ask(form)).toEqual({ action: 'decline' })
  leave.resolve()
  await same
  expect([bob.asked.length, again.asked.length, lost()]).toEqual([0, 1, 1])
})

test.each([
  ['javascript:alert(1)'],
  ['file:///etc/passwd'],
  ['https://ada:secret@example.com/'],
  [`https://example.com/${'x'.repeat(5_000)}`],
])('a page at %s is shown to nobody', async (url) => {
  const { asking, ask } = open()
  const { call, asked } = callOf(ADA)
  await asking.during(call, async () => {
    expect(await ask({ mode: 'url', message: 'Go', url })).toEqual({ action: 'cancel' })
  })
  expect(asked).toEqual([])
})
