import { describe, expect, test } from 'vitest'
import { requestStop } from '../../../db/queries/runs/runs.ts'
import { RunId } from '../../../shared/contract/ids.ts'
import { callerAs, makePerson, startForCallers } from '../../testing/clients/callers.ts'
import { startTestApp } from '../../testing/app.ts'
import { postFile } from '../../testing/clients/post-file.ts'
import { watch } from '../../testing/clients/watch.ts'
import { onEachStorage } from '../../testing/each-storage.ts'

/** What commands find that meet in one session (P9, P13), on either database. */
onEachStorage((database, openStorage) => {
  describe(`on ${database}, a command that finds another one waiting`, () => {
    test('adds nothing behind an answer that waits to go on', async () => {
      await using storage = await openStorage()
      await using app = await startForCallers(storage, { LIMIT_RUNS_AT_ONCE: '1' })
      const ann = await callerAs(app, await makePerson(app))
      const { id: sessionId } = await ann.sessions.create({ title: 'Cut' })
      await using live = watch(ann, sessionId)
      await live.untilEvent('snapshot')
      await ann.messages.send({ sessionId, text: 'Question' })
      const cut = await app.model.nextCall()
      cut.say('Half')
      cut.push({ type: 'finish', finish: 'length' })
      const { messageId } = await live.untilEvent('end')
      const { id: busy } = await ann.sessions.create({ title: 'Busy' })
      await ann.messages.send({ sessionId: busy, text: 'Long' })
      await app.model.nextCall()
      await ann.messages.continue({ id: messageId })
      await expect(
        ann.messages.append({
          sessionId,
          messages: [
            {
              ...{ id: '1', parentId: null, role: 'user', createdAt: app.services.now() },
              parts: [{ type: 'text', text: 'Zero' }],
            },
          ],
        }),
      ).rejects.toMatchObject({ code: 'CONFLICT' })
    })
    test('continues no answer that is being stopped, and continues it when it has ended', async () => {
      await using storage = await openStorage()
      await using app = await startForCallers(storage, { LIMIT_RUNS_AT_ONCE: '1' })
      const ann = await callerAs(app, await makePerson(app))
      const { id: sessionId } = await ann.sessions.create({ title: 'Cut' })
      await using live = watch(ann, sessionId)
      await live.untilEvent('snapshot')
      await ann.messages.send({ sessionId, text: 'Question' })
      const cut = await app.model.nextCall()
      cut.say('Half')
      cut.push({ type: 'finish', finish: 'length' })
      const { messageId } = await live.untilEvent('end')
      const { runId } = await ann.messages.continue({ id: messageId })
      const on = await app.model.nextCall()
      on.say(' more')
      // The stop is committed, and the node that drives the run has not heard of it yet.
      const { db } = app.services.database
      await requestStop(db, RunId.parse(runId), app.services.now())
      await expect(ann.messages.continue({ id: messageId })).rejects.toMatchObject({
        code: 'CONFLICT',
      })
      await ann.runs.stop({ sessionId })
      await live.until(
        ({ events }) => events.filter(({ event }) => event.type === 'end').length === 2,
      )
      const again = await ann.messages.continue({ id: messageId })
      expect(again.runId).not.toBe(runId)
    })
    test('leaves no title of a question that was taken back, and the next one makes it', async () => {
      await using storage = await openStorage()
      await using app = await startForCallers(storage, { LIMIT_RUNS_AT_ONCE: '1' })
      const ann = await callerAs(app, await makePerson(app))
      const { id: busy } = await ann.sessions.create({ title: 'Busy' })
      await ann.messages.send({ sessionId: busy, text: 'Long' })
      await app.model.nextCall()
      const { id: sessionId } = await ann.sessions.create({ title: null })
      const { messageId } = await ann.messages.send({ sessionId, text: 'Secret' })
      await ann.messages.unqueue({ id: messageId })
      expect(await ann.sessions.get({ id: sessionId })).toMatchObject({ title: null })
      await ann.messages.send({ sessionId, text: 'Open' })
      expect(await ann.sessions.get({ id: sessionId })).toMatchObject({ title: 'Open' })
    })
    test('adds a message that has a file twice', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp({ env: storage.env })
      const url = await app.listen()
      const { body: file } = await postFile(url, 'Notes', { name: 'notes.txt' })
      const { id: sessionId } = await app.caller.sessions.create({ title: 'A' })
      const part = { type: 'file' as const, file }
      const { messageIds } = await app.caller.messages.append({
        sessionId,
        messages: [
          {
            ...{ id: '1', parentId: null, role: 'user', createdAt: app.services.now() },
            parts: [part, part],
          },
        ],
      })
      expect(messageIds).toHaveLength(1)
    })
    test('the edit of a waiting message, repeated when its answer runs, is the same edit', async () => {
      await using storage = await openStorage()
      await using app = await startForCallers(storage)
      const ann = await callerAs(app, await makePerson(app))
      const { id: sessionId } = await ann.sessions.create({ title: 'Edited' })
      await ann.messages.send({ sessionId, text: 'One' })
      const one = await app.model.nextCall()
      const { messageId: id } = await ann.messages.send({ sessionId, text: 'Two' })
      const edit = { id, newId: crypto.randomUUID(), text: 'Two, edited' }
      const edited = await ann.messages.edit(edit)
      one.finish()
      const two = await app.model.nextCall()
      // The answer to the first request was lost.
      expect(await ann.messages.edit(edit)).toEqual(edited)
      two.finish()
    })
  })
})
