import { beforeAll, expect, test, vi } from 'vitest'
import { TRPCClientError } from '@trpc/client'
import type { Client, OutboxEntry } from '../../../../shared/client/index.ts'
import type * as PageDrafts from './drafts/page-drafts.ts'
import type * as Sending from './send-message.ts'
import type * as Stopping from './stop-answer.ts'

let sending: typeof Sending
let stopping: typeof Stopping
let drafts: typeof PageDrafts.drafts

beforeAll(async () => {
  // The page's own, which Node has not.
  vi.stubGlobal('addEventListener', () => {})
  sending = await import('./send-message.ts')
  stopping = await import('./stop-answer.ts')
  ;({ drafts } = await import('./drafts/page-drafts.ts'))
  vi.unstubAllGlobals()
})

const sessionId = '00000000-0000-4000-8000-000000000002'

/** A client that is sending a message, and the runs that it was asked to stop. */
function send({ isQueued = false, isConnected = true, files = [] as OutboxEntry['files'] } = {}) {
  const stopped: unknown[] = []
  const arrived = Promise.withResolvers<{ messageId: string; runId: string }>()
  const waiting: Partial<OutboxEntry>[] = []
  const client = {
    connection: { getSnapshot: () => ({ status: isConnected ? 'connected' : 'offline' }) },
    outbox: {
      send: ({ id, text }: { id: string; text: string }) => {
        waiting.push({ id, sessionId, text, files, session: null })
        return { id, kept: Promise.resolve(), sent: arrived.promise }
      },
      getSnapshot: () => waiting,
      takeBack: async () => waiting.shift() ?? null,
    },
    session: () => ({
      stop: async ({ runId }: { runId: string }) => {
        stopped.push(runId)
        return { stopped: !isQueued }
      },
    }),
    api: {
      messages: {
        unqueue: {
          mutate: async () => {
            if (isQueued) return {}
            const data = { code: 'CONFLICT' }
            throw TRPCClientError.from({ error: { code: -32_009, message: 'It runs', data } })
          },
        },
      },
    },
  } as unknown as Client
  drafts.set(sessionId, '')
  const written = { text: 'Hello there', files: [], draftKey: sessionId }
  void sending.sendMessage(client, sessionId, written)
  const stop = () => stopping.stopSent(client, sessionId, waiting[0]?.id ?? '')
  return { stop, stopped, arrive: () => arrived.resolve({ messageId: 'm', runId: 'r' }) }
}

test('an answer is stopped as soon as it begins, when that was asked while the message was on its way', async () => {
  const { stop, stopped, arrive } = send()
  const done = stop()
  expect(stopped).toEqual([])
  arrive()
  expect(await done).toBeNull()
  expect(stopped).toEqual(['r'])
  expect(drafts.get(sessionId)).toBe('')
})

test('a message whose answer has to wait for others comes back to its box', async () => {
  const { stop, arrive } = send({ isQueued: true })
  arrive()
  // The server has forgotten it by then, so it is stored at once.
  const saved: string[] = []
  using _save = vi.spyOn(drafts, 'save').mockImplementation(() => {
    saved.push(drafts.get(sessionId))
  })
  expect(await stop()).toBe(sessionId)
  expect(drafts.get(sessionId)).toBe('Hello there')
  expect(saved).toContain('Hello there')
})

test('a message that waits for the connection, or for its files, comes back to its box', async () => {
  const file = { id: 'f', name: 'a.txt', mimeType: 'text/plain', body: null, isStored: false }
  for (const { stop, stopped } of [send({ isConnected: false }), send({ files: [file] })]) {
    drafts.set(sessionId, '')
    expect(await stop()).toBe(sessionId)
    expect(drafts.get(sessionId)).toBe('Hello there')
    expect(stopped).toEqual([])
  }
})
