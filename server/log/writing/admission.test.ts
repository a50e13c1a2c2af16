import { expect, test, vi } from 'vitest'
import { SessionId } from '../../../shared/contract/ids.ts'
import { Admission } from './admission.ts'
import { DatabaseBusyError } from '../../../db/engine/database-errors.ts'

const [a, b, c] = ['a', 'b', 'c'].map((letter) =>
  SessionId.parse(`${letter.repeat(8)}-0000-7000-8000-000000000000`),
) as [SessionId, SessionId, SessionId]

/** Work that goes on until the test ends it, and the order in which it began. */
function workshop(admission: Admission) {
  const begun: string[] = []
  const ends: Record<string, () => void> = {}
  const start = (name: string, urgency: 'answer' | 'command', sessionId: SessionId) =>
    admission.run(urgency, sessionId, () => {
      begun.push(name)
      return new Promise<void>((resolve) => {
        ends[name] = resolve
      })
    })
  const end = async (name: string) => {
    ends[name]?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { begun, start, end }
}

test('answers under way go before commands that came earlier (P15)', async () => {
  const { begun, start, end } = workshop(new Admission({ atOnce: 1, longestWait: 60_000 }))
  const all = [
    start('first', 'command', a),
    start('second', 'command', b),
    start('answer', 'answer', c),
  ]
  await end('none')
  for (const name of ['first', 'answer', 'second']) {
    await end(name)
  }
  await Promise.all(all)
  expect(begun).toEqual(['first', 'answer', 'second'])
})

test('a session with many commands takes one turn at a time, and its answer needs none (P15)', async () => {
  const { begun, start, end } = workshop(new Admission({ atOnce: 4, longestWait: 60_000 }))
  const all = [
    start('a1', 'command', a),
    start('a2', 'command', a),
    start('b1', 'command', b),
    start('answer of a', 'answer', a),
  ]
  await end('none')
  expect(begun).toEqual(['a1', 'b1', 'answer of a'])
  for (const name of ['a1', 'a2', 'b1', 'answer of a']) {
    await end(name)
  }
  await Promise.all(all)
  expect(begun.at(-1)).toBe('a2')
})

test('answers of one session, of which one waits, leave the others theirs (P15)', async () => {
  const { begun, start, end } = workshop(new Admission({ atOnce: 2, longestWait: 60_000 }))
  const all = [
    start('a1', 'answer', a),
    start('a2', 'answer', a),
    start('a3', 'answer', a),
    start('b1', 'answer', b),
  ]
  await end('none')
  expect(begun).toEqual(['a1', 'b1'])
  for (const name of ['b1', 'a1', 'a2', 'a3']) {
    await end(name)
  }
  await Promise.all(all)
  expect(begun).toEqual(['a1', 'b1', 'a2', 'a3'])
})

test('commands leave the last connection to an answer, however long they take (P15)', async () => {
  const { begun, start, end } = workshop(new Admission({ atOnce: 2, longestWait: 60_000 }))
  const all = [
    start('first', 'command', a),
    start('second', 'command', b),
    start('answer', 'answer', c),
  ]
  await end('none')
  expect(begun).toEqual(['first', 'answer'])
  for (const name of ['answer', 'first', 'second']) {
    await end(name)
  }
  await Promise.all(all)
  expect(begun).toEqual(['first', 'answer', 'second'])
})

test('a command that waited for too long is told so, did nothing, and leaves nothing behind', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    const admission = new Admission({ atOnce: 1, longestWait: 10_000 })
    const { begun, start, end } = workshop(admission)
    const first = start('first', 'command', a)
    const late = start('late', 'command', b).catch((error: unknown) => error)
    const answer = start('answer', 'answer', b)
    vi.advanceTimersByTime(10_000)
    expect(await late).toBeInstanceOf(DatabaseBusyError)
    expect(admission.waiting).toBe(1)
    await end('none')
    await end('first')
    await end('answer')
    await Promise.all([first, answer])
    expect(begun).toEqual(['first', 'answer'])
    expect(vi.getTimerCount()).toBe(0)
  } finally {
    vi.useRealTimers()
  }
})
