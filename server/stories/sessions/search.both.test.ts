import { describe, expect, test } from 'vitest'
import { MAX_TEXT_LENGTH } from '../../../shared/contract/message.ts'
import { startTestApp } from '../../testing/app.ts'
import type { TestApp } from '../../testing/app.ts'
import { onEachStorage } from '../../testing/each-storage.ts'

/** Full-text search, on either database. */
onEachStorage((database, openStorage) => {
  describe(`search, on ${database}`, () => {
    test('finds words in any order and the last by its beginning, with the message and what to highlight', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const river = await converse(
        app,
        'Rivers',
        'Tell me about\nthe **Zambezi** river',
        'It is long',
      )
      await converse(app, 'Other', 'Rivers are not this', 'Zambia neither')
      const hits = await app.caller.sessions.search({ query: 'river zambe' })
      expect(hits).toMatchObject([{ sessionId: river.sessionId, messageId: river.messageId }])
      expect(hits.map(highlighted)).toEqual([['Zambe', 'river']])
      expect(hits[0]?.snippet).toBe('Tell me about the **Zambezi** river')
    })

    test('is a tool for the model, too, over the conversations of the person it talks to', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const river = await converse(app, 'Rivers', 'Tell me about the Zambezi', 'It is long')
      const { id: sessionId } = await app.caller.sessions.create({})
      await app.caller.messages.send({ sessionId, text: 'What did I ask about rivers?' })
      const call = await app.model.nextCall()
      call.callTools({ name: 'search_sessions', arguments: { query: 'zambezi' } })
      const next = await app.model.nextCall()
      const result = next.step.messages.at(-1)
      expect(result).toMatchObject({ role: 'tool', failed: false })
      expect(JSON.parse(result?.role === 'tool' ? result.output : '')).toMatchObject({
        results: [{ session_id: river.sessionId, message_id: river.messageId, title: 'Rivers' }],
      })
      next.finish()
    })

    test('knows the letters of all languages, and parts of words in texts without spaces', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      await converse(app, 'Город', 'ÉCLAIR à la française', 'Москва — столица')
      await converse(app, 'Two', '我想去北京大学看看', 'ok')
      const found = async (query: string) =>
        (await app.caller.sessions.search({ query })).map(highlighted)
      expect(await found('éclair')).toEqual([['ÉCLAIR']])
      expect(await found('МОСКВА')).toEqual([['Москва']])
      expect(await found('город')).toEqual([['Город']])
      expect(await found('北京')).toEqual([['北京']])
      expect(await found('京大学')).toEqual([['京大学']])
    })

    test('finds the inside of words and signs when no word is so', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      await converse(app, 'Code', 'what does useEffect(() => {}) do', '100% of it')
      const found = async (query: string) =>
        (await app.caller.sessions.search({ query })).map(highlighted)
      expect(await found('eeffect')).toEqual([['eEffect']])
      expect(await found('() =>')).toEqual([['() =>']])
      expect(await found('0%')).toEqual([['0%']])
      expect(await found('_')).toEqual([])
      expect(await found("'\\ & | ! :* <->")).toEqual([])
      expect(await found('\u0000')).toEqual([])
    })

    test('forgives a misspelled word, here and in the list, and shows the word that was meant', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const { sessionId } = await converse(
        app,
        'Ops',
        'How do I deploy to Kubernetes?',
        'With care',
      )
      const hits = await app.caller.sessions.search({ query: 'deploy kuberntes' })
      expect(hits.map(highlighted)).toEqual([['deploy', 'Kubernetes']])
      const { items } = await app.caller.sessions.list({ search: 'deploy kuberntes' })
      expect(items.map(({ id }) => id)).toEqual([sessionId])
      expect(await app.caller.sessions.search({ query: 'deploy xylophone' })).toEqual([])
    })

    test('puts a title that matches first, and a session by itself when only its title does', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      await converse(app, 'Notes', 'a passing word on gardens and much else besides', 'ok')
      const titled = await app.caller.sessions.create({ title: 'Gardens' })
      const hits = await app.caller.sessions.search({ query: 'garden' })
      expect(hits).toMatchObject([
        { sessionId: titled.id, messageId: null, title: 'Gardens', snippet: 'Gardens' },
        { title: 'Notes' },
      ])
      expect(hits.map(highlighted)).toEqual([['Garden'], ['garden']])
      expect(hits[0]?.rank).toBeGreaterThan(hits[1]?.rank ?? 0)
      expect(await app.caller.sessions.search({ query: 'garden', limit: 1 })).toHaveLength(1)
    })

    test('does not find what was deleted, nor what was changed away', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const { id } = await app.caller.sessions.create({ title: 'Before' })
      await app.caller.sessions.update({ id, title: 'After' })
      expect(await app.caller.sessions.search({ query: 'before' })).toEqual([])
      expect(await app.caller.sessions.search({ query: 'after' })).toHaveLength(1)
      await app.caller.sessions.delete({ id })
      expect(await app.caller.sessions.search({ query: 'after' })).toEqual([])
    })

    test('leaves room for every message that may be sent, however many different words it has', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const { id: sessionId } = await app.caller.sessions.create({})
      let text = ''
      for (let code = 0; text.length < MAX_TEXT_LENGTH - 20; code += 1) {
        // Words of astral letters, four bytes each; a compound is indexed whole and by its parts.
        const word = String.fromCodePoint(0x20000 + (code % 40_000), 0x20000 + Math.floor(code / 7))
        text += `${word}-${word} `
      }
      await app.caller.messages.send({ sessionId, text: `${text}end` })
      expect(await app.caller.sessions.search({ query: text.slice(0, 4) })).not.toEqual([])
    })

    test('is a plain GET as well', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const { sessionId } = await converse(app, 'Rest', 'find me by hand', 'ok')
      const url = await app.listen()
      const response = await fetch(`${url}/api/session/search?query=hand&limit=5`)
      expect(await response.json()).toMatchObject([{ sessionId, snippet: 'find me by hand' }])
      expect((await fetch(`${url}/api/session/search?query=`)).status).toBe(400)
    })
  })
})

/** A session with one question, answered. */
async function converse(app: TestApp, title: string, question: string, answer: string) {
  const { id: sessionId } = await app.caller.sessions.create({ title })
  const { messageId } = await app.caller.messages.send({ sessionId, text: question })
  const call = await app.model.nextCall()
  call.say(answer)
  call.finish()
  await expect
    .poll(() => app.caller.sessions.get({ id: sessionId }))
    .toMatchObject({ running: false })
  return { sessionId, messageId }
}

function highlighted(hit: { snippet: string; highlights: { start: number; end: number }[] }) {
  return hit.highlights.map(({ start, end }) => hit.snippet.slice(start, end))
}
