import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ExportFile } from '../../../shared/contract/export.ts'
import { branchedConversation, exported } from '../../sessions/testing/branched-conversation.ts'
import type { ExportedMessage, ExportedSession } from '../../../shared/contract/export.ts'
import { exportedSessions } from '../../sessions/testing/exported-sessions.ts'
import { sessionWithoutIds, withoutIds } from '../../sessions/testing/without-ids.ts'
import { startTestApp } from '../../testing/app.ts'
import { startConversation } from '../../testing/conversation.ts'
import { watch } from '../../testing/clients/watch.ts'
import { onEachStorage } from '../../testing/each-storage.ts'

/** Exports of conversations, and their way back, on either database. */
onEachStorage((database, openStorage) => {
  describe(`an export, on ${database}`, () => {
    test('of any session comes back as it was, but for its ids', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      await fc.assert(
        fc.asyncProperty(exportedSessions, async (session) => {
          const imported = await app.caller.sessions.import({
            data: {
              format: 'throughline',
              version: 1,
              exportedAt: session.createdAt,
              sessions: [session],
            },
          })
          const [{ id } = { id: '' }] = imported.sessions
          const [back] = (await exported(app, id)).sessions
          expect(back && sessionWithoutIds(back)).toEqual(sessionWithoutIds(session))
        }),
        { numRuns: 60 },
      )
    })

    test('of a conversation with branches and calls is imported whole, read as it was, and gone on with', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const original = await branchedConversation(app)
      const file = await exported(app, original)
      const { content } = await app.caller.sessions.export({ id: original, format: 'json' })
      const { sessions } = await app.caller.sessions.import({ data: content })
      const [copy] = sessions
      const id = copy?.id ?? ''
      expect(id).not.toBe(original)
      expect(copy).toMatchObject({ title: 'Figures', running: false, seq: 0 })
      expect(withoutIds(await exported(app, id))).toEqual(withoutIds(file))

      await using live = watch(app.caller, id)
      await live.untilEvent('snapshot')
      const seen = await app.caller.messages.list({ sessionId: original })
      expect(live.state?.messages.map(({ parts }) => texts(parts))).toEqual(
        seen.messages.map(({ parts }) => texts(parts)),
      )
      expect(live.state?.messages[0]?.siblings).toMatchObject({ index: 1, count: 2 })
      const ids = new Set(seen.messages.map((message) => message.id))
      expect(live.state?.messages.some((message) => ids.has(message.id))).toBe(false)

      await app.caller.messages.send({ sessionId: id, text: 'And now?' })
      const call = await app.model.nextCall()
      expect(call.step.messages.map(({ role }) => role)).toEqual([
        'user',
        'assistant',
        'tool',
        'assistant',
        'user',
      ])
      call.say('Go on')
      call.finish()
      await live.until(({ state }) => state?.messages.at(-1)?.status === 'completed')
      await using fresh = watch(app.caller, id)
      await fresh.untilEvent('snapshot')
      expect(fresh.state).toEqual(live.state)
      expect(withoutIds(await exported(app, original))).toEqual(withoutIds(file))
    })

    test('of a long conversation comes back, in whatever order its messages stand', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const file = longConversation(500)
      const { sessions } = await app.caller.sessions.import({ data: file })
      const id = sessions[0]?.id ?? ''
      expect(withoutIds(await exported(app, id))).toEqual(withoutIds(file))
      const { messages, hasOlder } = await app.caller.messages.list({ sessionId: id, limit: 200 })
      expect(hasOlder).toBe(true)
      expect(messages.at(-1)?.parts).toEqual([{ type: 'text', text: 'number 499' }])
      const { content } = await app.caller.sessions.export({ id, format: 'markdown' })
      const numbers = [...content.matchAll(/> number (\d+)$/gm)].map(([, number]) => Number(number))
      expect(numbers).toEqual(Array.from({ length: 500 }, (_, index) => index))
    })

    test('of an answer that is being written has the text it had, as interrupted', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId: id, live } = talk
      await app.caller.messages.send({ sessionId: id, text: 'Count' })
      await app.caller.messages.send({ sessionId: id, text: 'waits' })
      const call = await app.model.nextCall()
      call.say('one ', 'two')
      await live.until(({ state }) => JSON.stringify(state?.messages ?? []).includes('two'))
      const [session] = (await exported(app, id)).sessions
      expect(session?.messages).toMatchObject([
        { role: 'user', parts: [{ text: 'Count' }] },
        { role: 'assistant', status: 'interrupted', parts: [{ text: 'one two' }] },
      ])
      call.finish()
    })

    test('over REST is a file that is streamed, and not there for another id', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const id = await branchedConversation(app)
      const url = `${await app.listen()}/api/session`
      const json = await fetch(`${url}/${id}/export?format=json`)
      expect(json.headers.get('content-type')).toContain('application/json')
      expect(json.headers.get('content-length')).toBe(null)
      expect(json.headers.get('content-disposition')).toMatch(/^attachment; .*Figures-.*\.json$/)
      const file = ExportFile.parse(await json.json())
      expect(withoutIds(file)).toEqual(withoutIds(await exported(app, id)))
      const markdown = await fetch(`${url}/${id}/export?format=markdown`)
      const { content } = await app.caller.sessions.export({ id, format: 'markdown' })
      expect(await markdown.text()).toBe(content)
      expect(content).toContain('# Figures')
      expect(content).toContain('> The second question')
      expect(content).not.toContain('The first question')
      expect(content).toContain('"expression": "6*7"')
      const missing = await fetch(`${url}/${crypto.randomUUID()}/export?format=json`)
      expect(missing.status).toBe(404)
      const post = (data: unknown) =>
        fetch(`${url}/import`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ data }),
        })
      expect((await post(file)).status).toBe(200)
      expect((await post({})).status).toBe(400)
    })
  })
})

/** Each message has an earlier creation time than its parent, as with differing clocks. */
function longConversation(length: number): ExportFile {
  const at = (index: number) => new Date(Date.UTC(2026, 0) - index).toISOString()
  const messages = Array.from({ length }, (_, index): ExportedMessage => {
    const parentId = index === 0 ? null : `m${index - 1}`
    const parts = [{ type: 'text' as const, text: `number ${index}` }]
    const common = { id: `m${index}`, parentId, createdAt: at(index), parts }
    return index % 2 === 0
      ? { ...common, role: 'user' }
      : {
          ...common,
          role: 'assistant',
          status: 'completed',
          model: null,
          usage: null,
          error: null,
          run: null,
        }
  })
  const session: ExportedSession = {
    id: 'long',
    title: null,
    titleSource: null,
    summary: null,
    status: 'closed',
    model: null,
    systemPrompt: null,
    pinned: false,
    archived: false,
    tags: [],
    createdAt: at(length),
    updatedAt: at(0),
    endedAt: null,
    durationMs: null,
    activeLeaf: `m${length - 1}`,
    messages: messages.toReversed(),
  }
  return { format: 'throughline', version: 1, exportedAt: at(0), sessions: [session] }
}

function texts(parts: readonly { type: string; text?: string }[]): unknown[] {
  return parts.map(({ type, text }) => [type, text])
}
