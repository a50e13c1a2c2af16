import { expect, test } from 'vitest'
import { UiChunks } from './ai-sdk/chunks.ts'
import { Ended, expectWhole, itemOf, outputOf, responsesOf } from './testing/read-responses.ts'
import { calledBy, calledIn, callsOf, settledBy, toSettled } from './testing/told-calls.ts'
import { readUiMessage } from './testing/read-ui-message.ts'
import { RunWriter } from './testing/run-writer.ts'
import type { LoggedRun } from './testing/run-writer.ts'

const ONE_TEXT = [
  ...['response.output_item.added', 'response.content_part.added'],
  ...Array.from({ length: 3 }, () => 'response.output_text.delta'),
  ...['response.output_text.done', 'response.content_part.done', 'response.output_item.done'],
]

test('calls that are told of again in the middle of a text leave it one item of the response (P17)', () => {
  for (const logged of [toldAgain(), withoutCalls(toldAgain())]) {
    const [events = [], ...others] = responsesOf(logged)
    expect(others).toEqual([])
    const message = Ended.parse(events.at(-1)).response.output.find(
      ({ type }) => type === 'message',
    )
    const ofText = events.filter((event) => itemOf(event) === message?.id)
    expect(ofText.map(({ type }) => type)).toEqual(ONE_TEXT)
    expect(outputOf(events)).toEqual(['One, two, three.'])
    expect(calledIn([events])).toEqual(calledBy(logged.message))
    expectWhole(events)
  }
})

test('a call that is told of again keeps its item, which is done again only with another outcome (P17)', () => {
  const [events = []] = responsesOf(toldAgain())
  const { output } = Ended.parse(events.at(-1)).response
  expect(output.map(({ type }) => type)).toEqual(['mcp_call', 'mcp_call', 'message'])
  const said = events.flatMap((event) =>
    /^response\.mcp_call\.|output_item\.added$/.test(event.type)
      ? [`${output.findIndex(({ id }) => id === itemOf(event))} ${event.type.split('.').at(-1)}`]
      : [],
  )
  expect(said).toEqual([
    ...['0 added', '0 in_progress', '1 added', '1 in_progress', '0 failed', '1 completed'],
    ...['2 added', '0 completed'],
  ])
})

test('a call of an earlier response that is told of again has no item in the next one (P17)', () => {
  const writer = new RunWriter()
  writer.call(['server', 'client'], { isTaken: false, isEnded: false })
  writer.write(THREE, true)
  const [, events = []] = responsesOf(writer.end('completed', 'stop'))
  const { output } = Ended.parse(events.at(-1)).response
  expect(output.map(({ type }) => type)).toEqual(['message'])
  expect(outputOf(events)).toEqual(['One, two, three.'])
})

test('a call that is tried again while its response ends has its item in the next one (P17)', () => {
  const writer = new RunWriter()
  writer.call(['lost', 'client'], { isTaken: false, isEnded: false })
  writer.write([['text', 'One,']], true)
  writer.call(['client'], { isTaken: false, isEnded: false })
  const segments = responsesOf(writer.end('completed', 'stop'))
  const outputs = segments.map((events) => Ended.parse(events.at(-1)).response.output)
  expect(outputs.map((output) => output.map(({ type }) => type))).toEqual([
    ...[['mcp_call', 'function_call'], ['message', 'function_call'], ['mcp_call']],
  ])
  for (const events of segments) expectWhole(events)
})

test('a response does not wait for an earlier call that is tried again (P17)', () => {
  const writer = new RunWriter()
  writer.call(['lost'], { isTaken: false, isEnded: false })
  writer.write([['text', 'One,']], true)
  writer.call(['approved'], { isTaken: false, isEnded: false })
  writer.write([['text', 'tow']], true)
  writer.takeOver(false)
  writer.write([['text', ' two.']])
  const segments = responsesOf(writer.end('completed', 'stop'))
  expect(segments.map((events) => outputOf(events))).toEqual([['One,'], [' two.']])
  for (const events of segments) expectWhole(events)
})

test('an answer that was imported is whole when a run goes on with it (P17)', async () => {
  const calls = ['server'] as const
  const writer = new RunWriter({ cut: [], written: [['text', 'One,']], calls, isImported: true })
  writer.write([['text', ' two.']])
  const logged = writer.end('completed', 'stop')
  const [events = [], ...others] = responsesOf(logged)
  expect(others).toEqual([])
  expect(outputOf(events)).toEqual(['One,', ' two.'])
  expect(calledIn([events])).toEqual(calledBy(logged.message))
  expectWhole(events)
  const chunks = new UiChunks(logged.run)
  const { parts } = await readUiMessage(logged.log.flatMap(({ event }) => chunks.translate(event)))
  expect(parts.flatMap((part) => (part.type === 'text' ? [part.text] : []))).toEqual([
    'One,',
    ' two.',
  ])
})

test('an approval for an earlier call that is tried again does not end the response in the middle of its text (P17)', () => {
  const { log, ...told } = withoutCalls(toldAgain())
  const asked = log.flatMap(({ seq, event }) => {
    if (event.type !== 'tool' || event.call.status !== 'running') return [{ seq, event }]
    const states = (['awaiting-approval', 'pending', 'running'] as const).map((status) => ({
      seq,
      event: { ...event, call: { ...event.call, status } },
    }))
    return states
  })
  const segments = responsesOf({ ...told, log: asked })
  expect(segments.map((events) => outputOf(events))).toEqual([['One, two, three.']])
})

test('calls that are told of again in the middle of a text leave it one part of the AI SDK’s message (P17)', async () => {
  for (const logged of [toldAgain(), withoutCalls(toldAgain())]) {
    const chunks = new UiChunks(logged.run)
    const said = logged.log.flatMap(({ event }) => chunks.translate(event))
    const { parts } = await readUiMessage(said)
    expect(parts.filter(({ type }) => type === 'text')).toMatchObject([
      { text: 'One, two, three.', state: 'done' },
    ])
    const calls = parts.filter((part) => 'toolCallId' in part)
    expect(calls.map(toSettled)).toEqual(callsOf(logged.message).map(settledBy))
  }
})

const THREE = [
  ['text', 'One,'],
  ['text', ' two,'],
  ['text', ' three.'],
] as const

/** An answer whose calls are told of again between its words: one is tried again, and one has a file that was read. */
function toldAgain(): LoggedRun {
  const writer = new RunWriter()
  writer.call(['lost', 'server'], { isTaken: false, isEnded: false })
  writer.write(THREE, true)
  return writer.end('completed', 'stop')
}

/** The same as if an import had brought the calls: the log begins behind them. */
function withoutCalls({ log, ...told }: LoggedRun): LoggedRun {
  const first = log.findIndex(({ event }) => event.type === 'chunk')
  return { ...told, log: log.filter(({ event }, at) => event.type === 'start' || at >= first) }
}
