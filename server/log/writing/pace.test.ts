import { afterEach, expect, test, vi } from 'vitest'
import { emptyDatabase } from '../../../db/engine/testing.ts'
import { MessageId, RunId, SessionId } from '../../../shared/contract/ids.ts'
import { eventAnswer } from '../../http/sockets/watched-frame.ts'
import { Hub } from '../reading/hub.ts'
import { LogWriter } from './writer.ts'

/** A token of five characters; each answer gets fifty of them a second. */
const TOKEN = ' word'
const EVERY_MS = 20
const SECONDS = 5

afterEach(() => vi.useRealTimers())

test.each([
  { answers: 1, mostBytes: 195, longestWait: 8 },
  { answers: 20, mostBytes: 195, longestWait: 20 },
  { answers: 50, mostBytes: 120, longestWait: 33 },
  { answers: 1_000, mostBytes: 120, longestWait: 33 },
])(
  'with $answers answers at once a token of each waits at most $longestWait ms and takes $mostBytes bytes on the wire',
  async ({ answers, mostBytes, longestWait }) => {
    vi.useFakeTimers()
    const said = new Map<SessionId, number[]>()
    let bytes = 0
    let tokens = 0
    let waited = 0
    const hub = new Hub((sessionId, events) => {
      const since = said.get(sessionId) ?? []
      const length = events.reduce(
        (sum, { event }) => sum + (event.type === 'chunk' ? event.text.length : 0),
        0,
      )
      const begun = since.splice(0, length / TOKEN.length)
      tokens += begun.length
      waited = Math.max(waited, performance.now() - (begun[0] ?? Infinity))
      for (const { seq, event } of events) {
        // A WebSocket frame of more than 125 bytes has a header of four.
        bytes += 4 + Buffer.byteLength(eventAnswer(1, String(seq), event))
      }
    })
    const writer = new LogWriter({
      database: emptyDatabase(),
      hub,
      paceMs: 8,
      onTrouble: (error) => {
        throw error
      },
      onFenced: () => undefined,
    })
    const all = Array.from({ length: answers }, () => ({
      sessionId: SessionId.parse(crypto.randomUUID()),
      messageId: MessageId.parse(crypto.randomUUID()),
      hold: { runId: RunId.parse(crypto.randomUUID()), attempt: 1 },
    }))
    for (let ms = 0; ms < SECONDS * 1_000; ms += 1) {
      for (const [index, { sessionId, messageId, hold }] of all.entries()) {
        if ((ms + index) % EVERY_MS === 0) {
          const offset = Math.floor(ms / EVERY_MS) * TOKEN.length
          said.set(sessionId, [...(said.get(sessionId) ?? []), performance.now()])
          const chunk = { part: 0, kind: 'text', offset, text: TOKEN } as const
          void writer.chunk(sessionId, hold, { type: 'chunk', messageId, ...chunk })
        }
      }
      await vi.advanceTimersByTimeAsync(1)
    }
    expect(tokens).toBeGreaterThan(answers * (SECONDS - 0.1) * (1_000 / EVERY_MS))
    expect(bytes / tokens).toBeLessThan(mostBytes)
    expect(waited).toBeLessThanOrEqual(longestWait + 1)
  },
)
