import { beforeAll, expect, test, vi } from 'vitest'
import type { Client, OutboxEntry } from '../../../../shared/client/index.ts'
import type * as PageDrafts from './drafts/page-drafts.ts'
import type * as Sending from './send-message.ts'

let sending: typeof Sending
let beginnings: typeof PageDrafts.beginnings

beforeAll(async () => {
  // The page's own, which Node has not.
  vi.stubGlobal('addEventListener', () => {})
  sending = await import('./send-message.ts')
  ;({ beginnings } = await import('./drafts/page-drafts.ts'))
  vi.unstubAllGlobals()
})

const session = '00000000-0000-4000-8000-000000000001'

function clientWith(entries: Partial<OutboxEntry>[]) {
  const denied: string[] = []
  const call = { id: 'c', status: 'awaiting-approval' }
  const messages = [{ id: 'm', status: 'waiting', parts: [{ type: 'tool', call }] }]
  const waiting = [...entries]
  const client = {
    outbox: {
      getSnapshot: () => waiting,
      takeBack: async () => waiting.shift() ?? null,
    },
    session: () => ({ store: { getSnapshot: () => ({ state: { messages } }) } }),
    api: {
      tools: {
        decide: { mutate: async ({ callId }: { callId: string }) => denied.push(callId) },
      },
    },
  }
  return { client: client as unknown as Client, denied }
}

test('a call is denied for a message that is in the log, also while an older one is refused', async () => {
  const { client, denied } = clientWith([{ sessionId: session, state: 'refused' }])
  await sending.denyWaiting(client, session, Promise.resolve({ isSent: true }))
  expect(denied).toEqual(['c'])
})

test('a message that was refused or taken back denies no call', async () => {
  const { client, denied } = clientWith([])
  await sending.denyWaiting(client, session, Promise.resolve({ isSent: false, box: session }))
  expect(denied).toEqual([])
})

const entry = (made: OutboxEntry['session']): Partial<OutboxEntry> => ({
  ...{ id: 'e', sessionId: session, text: 'First words', files: [], session: made },
})

test('a first message that comes back brings along that its session was to be temporary, and its instructions', async () => {
  const { client } = clientWith([entry({ temporary: true, systemPrompt: 'Be brief', model: null })])
  expect(await sending.moveToBox(client, 'e')).toBe(sending.NEW_SESSION)
  expect(beginnings.get(sending.NEW_SESSION)).toMatchObject({
    temporary: true,
    systemPrompt: 'Be brief',
  })
})

test('a first message in a project comes back to the project’s box, and its page', async () => {
  const { client } = clientWith([entry({ projectId: 'p' })])
  const box = await sending.moveToBox(client, 'e')
  expect(box).toBe(sending.boxOfProject('p'))
  expect(sending.pageOfBox(box ?? '')).toEqual({ to: '/p/$id', params: { id: 'p' } })
  expect(sending.isOfSession(box ?? '')).toBe(false)
})

test('what is chosen for a session lasts as long as there is something in its box', async () => {
  beginnings.set('project.q', { temporary: true })
  expect(beginnings.get('project.q')).toEqual({ temporary: true })
  beginnings.tidy('project.q')
  expect(beginnings.get('project.q')).toEqual({})
})
