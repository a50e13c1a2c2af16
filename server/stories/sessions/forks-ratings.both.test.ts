import { describe, expect, test } from 'vitest'
import { startTestApp } from '../../testing/app.ts'
import type { TestApp } from '../../testing/app.ts'
import { onEachStorage } from '../../testing/each-storage.ts'
import { watch } from '../../testing/clients/watch.ts'
import type { Watcher } from '../../testing/clients/watch.ts'

/** Two questions with answers, the second one answered twice; returns the ids in the order of the active branch. */
async function converse(app: TestApp) {
  const { id: sessionId } = await app.caller.sessions.create({
    ...{ title: 'Quays', model: 'other', systemPrompt: 'Be brief.' },
  })
  app.model.plan('A wall.', 'In Hamburg.', 'In Rotterdam.')
  await using live = watch(app.caller, sessionId)
  await live.untilEvent('snapshot')
  let count = 0
  const ended = async () => {
    count += 1
    await live.until(() => endsOf(live).length === count)
    return endsOf(live).at(-1)?.messageId ?? ''
  }
  await app.caller.messages.send({ sessionId, text: 'What is a quay?' })
  const first = await ended()
  await app.caller.messages.send({ sessionId, text: 'Where is one?' })
  const old = await ended()
  await app.caller.messages.regenerate({ id: old })
  const newest = await ended()
  return { sessionId, first, old, newest }
}

const endsOf = ({ events }: Watcher) =>
  events.flatMap(({ event }) => (event.type === 'end' ? [event] : []))

const textsOf = async ({ caller }: Pick<TestApp, 'caller'>, sessionId: string) =>
  (await caller.messages.list({ sessionId })).messages.map(({ parts }) =>
    parts.map((part) => ('text' in part ? part.text : part.type)).join(''),
  )

onEachStorage((database, openStorage) => {
  describe(`a fork, on ${database}`, () => {
    test('is a session of the branch up to a message, which the first knows nothing of', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const { sessionId, old, first } = await converse(app)
      const before = await textsOf(app, sessionId)
      const usage = await app.caller.usage.summary({})
      const fork = await app.caller.sessions.fork({ messageId: old })
      expect(fork).toMatchObject({
        ...{ title: 'Quays', model: 'other', systemPrompt: 'Be brief.', status: 'active' },
      })
      const copied = ['What is a quay?', 'A wall.', 'Where is one?', 'In Hamburg.']
      expect(await textsOf(app, fork.id)).toEqual(copied)
      const short = await app.caller.sessions.fork({ messageId: first })
      expect(await textsOf(app, short.id)).toEqual(copied.slice(0, 2))
      expect(await app.caller.usage.summary({})).toEqual(usage)

      await using live = watch(app.caller, fork.id)
      await live.untilEvent('snapshot')
      await app.caller.messages.send({ sessionId: fork.id, text: 'How many are there?' })
      const call = await app.model.nextCall()
      call.say('Many.')
      call.finish()
      await live.untilEvent('end')
      expect(JSON.stringify(call.step.messages)).toMatch(
        /What is a quay.*A wall.*Where is one.*In Hamburg.*How many/,
      )
      expect(await textsOf(app, sessionId)).toEqual(before)
      await app.caller.sessions.delete({ id: sessionId })
      expect(await textsOf(app, fork.id)).toEqual([...copied, 'How many are there?', 'Many.'])
    })

    test('under the same id again is the same fork, also when both come at once', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const { sessionId, first, newest } = await converse(app)
      const id = crypto.randomUUID()
      const fork = () => app.caller.sessions.fork({ messageId: first, id })
      const [one, other] = await Promise.all([fork(), fork()])
      expect(other).toEqual(one)
      expect(await fork()).toEqual(one)
      expect(await textsOf(app, id)).toEqual(['What is a quay?', 'A wall.'])
      const { items } = await app.caller.sessions.list({})
      expect(items.map((session) => session.id).toSorted()).toEqual([id, sessionId].toSorted())
      await app.caller.sessions.delete({ id })
      await expect(fork()).rejects.toMatchObject({ code: 'CONFLICT' })
      const nobody = crypto.randomUUID()
      await expect(app.caller.sessions.fork({ messageId: nobody })).rejects.toMatchObject({
        code: 'NOT_FOUND',
      })
      expect(await textsOf(app, sessionId)).toContain('In Rotterdam.')
      expect(newest).toBeDefined()
    })

    test('in the middle of an answer has what was written, and the answer goes on', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const { id: sessionId } = await app.caller.sessions.create({})
      await using live = watch(app.caller, sessionId)
      await live.untilEvent('snapshot')
      await app.caller.messages.send({ sessionId, text: 'Go on' })
      const call = await app.model.nextCall()
      call.say('Half')
      const { messageId } = await live.untilEvent('chunk')
      const fork = await app.caller.sessions.fork({ messageId })
      expect(await textsOf(app, fork.id)).toEqual(['Go on', 'Half'])
      const { messages } = await app.caller.messages.list({ sessionId: fork.id })
      expect(messages.at(-1)?.status).toBe('interrupted')
      const queued = await app.caller.messages.send({ sessionId, text: 'And then' })
      await expect(app.caller.sessions.fork({ messageId: queued.messageId })).rejects.toMatchObject(
        { code: 'NOT_FOUND' },
      )
      call.say(' and half')
      call.finish()
      await live.untilEvent('end')
      expect((await textsOf(app, sessionId)).slice(0, 2)).toEqual(['Go on', 'Half and half'])
    })
  })

  describe(`a rating, on ${database}`, () => {
    test('is kept with its answer, told to readers, taken back, exported and imported', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const { sessionId, old, newest } = await converse(app)
      await using live = watch(app.caller, sessionId)
      await live.untilEvent('snapshot')
      const { rate } = app.caller.messages
      expect(await rate({ id: newest, rating: 'up', comment: 'Right' })).toMatchObject({
        ...{ id: newest, rating: 'up', ratingComment: 'Right' },
      })
      const { message } = await live.untilEvent('message')
      expect(message).toMatchObject({ id: newest, rating: 'up', ratingComment: 'Right' })
      expect(live.state?.messages.at(-1)).toMatchObject({ id: newest, rating: 'up' })
      expect(await rate({ id: newest, rating: 'down' })).not.toHaveProperty('ratingComment')
      // The rated answer is on another branch: the rating is not shown here, but it is kept.
      await rate({ id: old, rating: 'up' })
      const read = async (id: string) =>
        (await app.caller.messages.list({ sessionId: id })).messages
      expect((await read(sessionId)).map(({ rating }) => rating)).toEqual([
        ...[undefined, undefined, undefined, 'down'],
      ])
      const file = await app.caller.sessions.export({ id: sessionId, format: 'json' })
      const { sessions } = await app.caller.sessions.import({ data: file.content })
      const copy = sessions[0]?.id ?? ''
      expect((await read(copy)).at(-1)).toMatchObject({ rating: 'down' })
      await app.caller.messages.select({ id: (await read(copy)).at(-1)?.siblings.previous ?? '' })
      expect((await read(copy)).at(-1)).toMatchObject({ rating: 'up' })
      expect(await rate({ id: newest, rating: null })).not.toHaveProperty('rating')
    })

    test('is of an answer that has ended, and of nothing else', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const { id: sessionId } = await app.caller.sessions.create({})
      await using live = watch(app.caller, sessionId)
      await live.untilEvent('snapshot')
      const sent = await app.caller.messages.send({ sessionId, text: 'Go on' })
      const call = await app.model.nextCall()
      call.say('Half')
      const { messageId } = await live.untilEvent('chunk')
      const rate = (id: string) => app.caller.messages.rate({ id, rating: 'up' })
      await expect(rate(messageId)).rejects.toMatchObject({ code: 'CONFLICT' })
      await expect(rate(sent.messageId)).rejects.toMatchObject({ code: 'BAD_REQUEST' })
      call.finish()
      await live.untilEvent('end')
      await expect(rate(messageId)).resolves.toMatchObject({ rating: 'up' })
    })
  })
})
