import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { LoggedEvent, SnapshotEvent } from '../contract/events.ts'
import { FoldError } from './fold-error.ts'
import { fold } from './fold.ts'
import type { SessionState } from './fold.ts'
import { mergeChunks } from './merge.ts'
import { recordedLogs } from './testing/logs.ts'
import { LogRecorder } from './testing/recorder.ts'

function read(events: Iterable<LoggedEvent>, from: SessionState | null = null): SessionState {
  let state = from
  for (const event of events) state = fold(state, event)
  if (state === null) throw new Error('nothing was read')
  return state
}

/** A `seq` from 0 (nothing read yet) to the length of the log. */
function placeIn({ log }: LogRecorder, share: number): number {
  return Math.round(share * log.length)
}

function viewAt({ views }: LogRecorder, place: number): { seq: number; event: SnapshotEvent } {
  const view = views[place]
  if (view === undefined) throw new Error(`no view at ${place}`)
  return view
}

function freshReader(recorder: LogRecorder, place: number = recorder.log.length): SessionState {
  const { seq, event } = viewAt(recorder, place)
  return { session: event.session, messages: event.messages, hasOlder: event.hasOlder, seq }
}

// Not `fc.double`, which nearly always generates values near 0.
const share = fc.nat(1000).map((thousandths) => thousandths / 1000)

describe('any valid log', () => {
  test('every reader, wherever it began, ends with what a fresh reader is shown (P1, P2)', () => {
    fc.assert(
      fc.property(recordedLogs, share, (recorder, begin) => {
        const place = placeIn(recorder, begin)
        const state = read([viewAt(recorder, place), ...recorder.log.slice(place)])
        expect(state).toEqual(freshReader(recorder))
      }),
    )
  })

  test('each event on the way shows what a fresh reader is shown there (P2)', () => {
    fc.assert(
      fc.property(recordedLogs, (recorder) => {
        let state = read([viewAt(recorder, 0)])
        for (const [index, event] of recorder.log.entries()) {
          state = fold(state, event)
          expect(state).toEqual(freshReader(recorder, index + 1))
        }
      }),
    )
  })

  test('a reader that is sent events again from an earlier cursor sees nothing twice (P2)', () => {
    fc.assert(
      fc.property(recordedLogs, share, share, (recorder, dropped, cursor) => {
        const read_ = placeIn(recorder, dropped)
        const again = Math.min(placeIn(recorder, cursor), read_)
        const state = read([
          viewAt(recorder, 0),
          ...recorder.log.slice(0, read_),
          ...recorder.log.slice(again),
        ])
        expect(state).toEqual(freshReader(recorder))
      }),
    )
  })

  test('a reader that restarts from a snapshot, older or newer, has no gap (P3)', () => {
    fc.assert(
      fc.property(recordedLogs, share, share, (recorder, dropped, restart) => {
        const place = placeIn(recorder, restart)
        const state = read([
          viewAt(recorder, 0),
          ...recorder.log.slice(0, placeIn(recorder, dropped)),
          viewAt(recorder, place),
          ...recorder.log.slice(place),
        ])
        expect(state).toEqual(freshReader(recorder))
      }),
    )
  })

  test('merged chunks, cut and joined anywhere, fold to the same (P2)', () => {
    fc.assert(
      fc.property(recordedLogs, share, fc.nat(12), (recorder, cut, maxLength) => {
        const place = placeIn(recorder, cut)
        const state = read([
          viewAt(recorder, 0),
          ...mergeChunks(recorder.log.slice(0, place), maxLength),
          ...mergeChunks(recorder.log.slice(place)),
        ])
        expect(state).toEqual(freshReader(recorder))
      }),
    )
  })

  test('a replay that says a whole part again from its beginning repeats nothing (P2)', () => {
    fc.assert(
      fc.property(recordedLogs, share, (recorder, dropped) => {
        const place = placeIn(recorder, dropped)
        const before = read([viewAt(recorder, 0), ...recorder.log.slice(0, place)])
        const replay = mergeChunks(recorder.log).filter(({ seq }) => seq > before.seq)
        expect(read(replay, before)).toEqual(freshReader(recorder))
      }),
    )
  })

  test('messages that an event does not touch keep their identity', () => {
    fc.assert(
      fc.property(recordedLogs, (recorder) => {
        let state = read([viewAt(recorder, 0)])
        for (const event of recorder.log) {
          const next = fold(state, event)
          const kept = state.messages.filter((message) => next.messages.includes(message))
          expect(state.messages.length - kept.length).toBeLessThanOrEqual(1)
          state = next
        }
      }),
    )
  })
})

describe('what a reader is told', () => {
  function answering(): { recorder: LogRecorder; state: SessionState } {
    const recorder = new LogRecorder()
    recorder.say('Hello')
    recorder.start()
    recorder.write('text', 'Good 👋', false)
    return { recorder, state: read([viewAt(recorder, 0), ...recorder.log]) }
  }

  function chunk(state: SessionState, change: Record<string, unknown>): LoggedEvent {
    const messageId = state.messages[1]?.id
    if (messageId === undefined) throw new Error('no answer')
    const base = { type: 'chunk', messageId, part: 0, kind: 'text', offset: 0, text: '!' } as const
    return { seq: state.seq + 1, event: { ...base, ...change } }
  }

  test('a snapshot of the same messages keeps the identity of each', () => {
    const { recorder, state } = answering()
    const again = fold(state, viewAt(recorder, recorder.log.length))
    expect(again.messages[0]).toBe(state.messages[0])
    expect(again.messages[1]).toBe(state.messages[1])
  })

  test('a takeover takes back the text of the step that was cut', () => {
    const { recorder, state } = answering()
    recorder.takeOver(0)
    const next = read(recorder.log, state)
    expect(next.messages[1]).toMatchObject({ status: 'running', parts: [] })
    expect(next.session.running).toBe(true)
  })

  test('a queued message waits behind the answer and moves up when its turn comes', () => {
    const { recorder, state } = answering()
    const first = recorder.say('And then?')
    const second = recorder.say('And after that?')
    recorder.write('text', ' friend', false)
    recorder.end('completed')
    recorder.start()
    const next = read(recorder.log, state)
    expect(next.messages.map(({ role, status }) => [role, status])).toEqual([
      ['user', 'completed'],
      ['assistant', 'completed'],
      ['user', 'completed'],
      ['assistant', 'running'],
      ['user', 'queued'],
    ])
    expect(next.messages[2]?.id).toBe(first.id)
    expect(next.messages[4]?.id).toBe(second.id)
  })

  test('a queued message that is given its turn before an older one moves up before it', () => {
    const { recorder, state } = answering()
    const first = recorder.say('Wait')
    const second = recorder.say('At once')
    const queued = read(recorder.log, state)
    const next = fold(queued, {
      seq: queued.seq + 1,
      event: { type: 'message', message: { ...second, status: 'completed' } },
    })
    expect(next.messages.map(({ id }) => id).slice(2)).toEqual([second.id, first.id])
  })

  test.each([
    ['text beyond what is here', { offset: 8 }],
    ['a part beyond the next', { part: 2 }],
    ['a message that is not here', { messageId: '00000000-0000-7000-8000-000000000000' }],
    ['a part of another kind', { kind: 'reasoning' }],
  ])('%s is refused, not shown (P3)', (_, change) => {
    const { state } = answering()
    expect(() => fold(state, chunk(state, change))).toThrow(FoldError)
  })

  test('an event before the first snapshot is refused (P3)', () => {
    const { recorder } = answering()
    expect(() => read(recorder.log)).toThrow(FoldError)
  })
})
