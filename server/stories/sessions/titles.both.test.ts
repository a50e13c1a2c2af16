import { describe, expect, test } from 'vitest'
import { startTestApp } from '../../testing/app.ts'
import type { TestApp } from '../../testing/app.ts'
import { onEachStorage } from '../../testing/each-storage.ts'

/** Titles written by the model, on either database. */
onEachStorage((name, openStorage) => {
  describe(`titles on ${name}`, () => {
    test('the model gives one after the first answer, and none after the next', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const { id } = await app.caller.sessions.create({})
      await answer(app, id, 'How deep is a quay?', 'As deep as its ships.')
      expect(await app.caller.sessions.get({ id })).toMatchObject({ title: 'How deep is a quay?' })
      const writing = await app.model.nextWriting()
      expect(writing.step.systemPrompt).toContain('Write a title')
      expect(writing.step.messages).toEqual([
        { role: 'user', text: 'User: How deep is a quay?\n\nAssistant: As deep as its ships.' },
      ])
      writing.say('"Depth of ', 'quays."\n')
      writing.finish()
      await untilTitle(app, id, 'Depth of quays')
      await answer(app, id, 'And a wharf?', 'The same.')
      const { id: other } = await app.caller.sessions.create({})
      await answer(app, other, 'Something else', 'Yes.')
      const next = await app.model.nextWriting()
      expect(next.step.messages[0]).toMatchObject({ text: expect.stringContaining('Something') })
      const { events } = await app.caller.sessions.log({ id })
      const titles = events.flatMap(({ event }) =>
        event.type === 'session' ? [event.session.title] : [],
      )
      expect(titles).toEqual(['How deep is a quay?', 'Depth of quays'])
    })

    test('a person’s own stays, also one that is given while the model thinks of its own', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const { id: named } = await app.caller.sessions.create({ title: 'Mine' })
      await answer(app, named, 'Hello', 'Hi.')
      const { id } = await app.caller.sessions.create({})
      await answer(app, id, 'Hello again', 'Hi again.')
      const writing = await app.model.nextWriting()
      expect(writing.step.messages[0]).toMatchObject({ text: expect.stringContaining('again') })
      await app.caller.sessions.update({ id, title: 'Mine too' })
      writing.say('The model’s')
      writing.finish()
      const { id: last } = await app.caller.sessions.create({})
      await answer(app, last, 'Once more', 'Hi once more.')
      const next = await app.model.nextWriting()
      next.say('Greetings')
      next.finish()
      await untilTitle(app, last, 'Greetings')
      expect(await app.caller.sessions.get({ id })).toMatchObject({ title: 'Mine too' })
      expect(await app.caller.sessions.get({ id: named })).toMatchObject({ title: 'Mine' })
    })

    test('the one by rule stays when the model will not give one, and the next answer asks for none', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const { id } = await app.caller.sessions.create({})
      await answer(app, id, 'First question', 'One.')
      const writing = await app.model.nextWriting()
      writing.push({
        type: 'error',
        error: { code: 'provider_auth', message: 'No.', retryable: false },
      })
      await answer(app, id, 'Second question', 'Two.')
      const { id: other } = await app.caller.sessions.create({})
      await answer(app, other, 'Third question', 'Three.')
      const next = await app.model.nextWriting()
      expect(next.step.messages[0]).toMatchObject({ text: expect.stringContaining('Third') })
      expect(await app.caller.sessions.get({ id })).toMatchObject({ title: 'First question' })
    })

    test('the model is asked again when it was in trouble', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const { id } = await app.caller.sessions.create({})
      await answer(app, id, 'Hello', 'Hi.')
      const writing = await app.model.nextWriting()
      writing.push({
        type: 'error',
        error: { code: 'provider_rate_limit', message: 'Later.', retryable: true },
      })
      const again = await app.model.nextWriting()
      again.say('Greetings')
      again.finish()
      await untilTitle(app, id, 'Greetings')
    })

    test('one that takes long keeps no other waiting: as many as the rest of the places are free', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const { id: slow } = await app.caller.sessions.create({})
      await answer(app, slow, 'The slow one', 'Yes.')
      await app.model.nextWriting()
      // More titles than can be written at once: each that ends makes room, whatever the slow one does.
      for (let index = 0; index < 5; index += 1) {
        const { id } = await app.caller.sessions.create({})
        await answer(app, id, `Question ${index}`, 'Yes.')
        const writing = await app.model.nextWriting()
        writing.say(`Title ${index}`)
        writing.finish()
        await untilTitle(app, id, `Title ${index}`)
      }
      expect(await app.caller.sessions.get({ id: slow })).toMatchObject({ title: 'The slow one' })
    })
  })
})

async function answer(app: TestApp, sessionId: string, question: string, said: string) {
  await app.caller.messages.send({ sessionId, text: question })
  const call = await app.model.nextCall()
  call.say(said)
  call.finish()
  await expect
    .poll(() => app.caller.sessions.get({ id: sessionId }))
    .toMatchObject({ running: false })
}

async function untilTitle(app: TestApp, id: string, title: string): Promise<void> {
  await expect
    .poll(() => app.caller.sessions.get({ id }), { timeout: 30_000 })
    .toMatchObject({ title })
}
