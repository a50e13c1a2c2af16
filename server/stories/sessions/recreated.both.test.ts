import { describe, expect, test } from 'vitest'
import { startTestApp } from '../../testing/app.ts'
import type { TestApp } from '../../testing/app.ts'
import { watch } from '../../testing/clients/watch.ts'
import { onEachStorage } from '../../testing/each-storage.ts'

async function converse(app: TestApp, sessionId: string, text: string): Promise<void> {
  await app.caller.messages.send({ sessionId, text })
  const call = await app.model.nextCall()
  call.say(`Answer to ${text}`)
  call.finish()
  await expect
    .poll(async () => (await app.caller.sessions.get({ id: sessionId })).running)
    .toBe(false)
}

/** The behaviour that both databases must share. */
onEachStorage((name, openStorage) => {
  describe(`a session that is made again under its id (${name})`, () => {
    test('is another one to whoever comes with a cursor of the old log, however far that was (P2, P3)', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const { id } = await app.caller.sessions.create({ title: 'Old' })
      await converse(app, id, 'one')
      await converse(app, id, 'two')
      await using old = watch(app.caller, id)
      await old.untilEvent('snapshot')
      const head = (await app.caller.sessions.get({ id })).seq
      await app.caller.sessions.delete({ id })
      const again = await app.caller.sessions.create({ id, title: 'New' })
      expect(again).toMatchObject({ id, title: 'New', running: false })
      expect(again.seq).toBeGreaterThan(head)
      await converse(app, id, 'three')
      await using fresh = watch(app.caller, id)
      await fresh.untilEvent('snapshot')
      for (const seq of [0, 1, Math.floor(head / 2), head, head + 1, again.seq - 1]) {
        await using resumed = watch(app.caller, id, old.state && { ...old.state, seq })
        await resumed.until(({ state }) => state?.seq === fresh.state?.seq)
        expect(resumed.state, `from ${seq}`).toEqual(fresh.state)
      }
    })

    test('goes behind its former self each time, and may be deleted and made as often as one likes', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const { id } = await app.caller.sessions.create({})
      let before = 0
      for (const title of ['first', 'second', 'third']) {
        await app.caller.sessions.delete({ id })
        const made = await app.caller.sessions.create({ id, title })
        expect(await app.caller.sessions.create({ id, title: 'ignored' })).toEqual(made)
        expect(made.seq).toBeGreaterThan(before)
        before = made.seq
      }
      await converse(app, id, 'Hello')
      const { events } = await app.caller.sessions.log({ id })
      expect(events[0]).toMatchObject({ seq: before, event: { type: 'session' } })
    })

    test('is not made again by who only wants a session that was never deleted', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const { id } = await app.caller.sessions.create({ unlessDeleted: true })
      await app.caller.sessions.create({ id, unlessDeleted: true })
      await app.caller.sessions.delete({ id })
      await expect(app.caller.sessions.create({ id, unlessDeleted: true })).rejects.toMatchObject({
        code: 'NOT_FOUND',
      })
      await expect(app.caller.sessions.get({ id })).rejects.toMatchObject({ code: 'NOT_FOUND' })
      await app.caller.sessions.create({ id })
      await app.caller.sessions.create({ id, unlessDeleted: true })
    })
  })
})
