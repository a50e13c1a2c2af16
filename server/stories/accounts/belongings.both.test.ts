import { describe, expect, test } from 'vitest'
import { startTestApp } from '../../testing/app.ts'
import { onEachStorage } from '../../testing/each-storage.ts'
import { startConversation } from '../../testing/conversation.ts'
import { watch } from '../../testing/clients/watch.ts'

/** Presets, projects, tools that are switched off, and what an answer waits for, on either database. */
onEachStorage((database, openStorage) => {
  describe(`what people keep, on ${database}`, () => {
    test('a preset is made, changed by its id, and deleted', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const { presets } = app.caller
      const id = crypto.randomUUID()
      const editor = { id, name: 'Editor', instructions: 'Mend it.', toolsOff: ['fetch_url'] }
      const made = await presets.save({ ...editor, suggestions: ['Mend this'] })
      expect(made).toMatchObject({ ...editor, suggestions: ['Mend this'], model: null })
      expect(await presets.save({ ...editor, name: 'Lector' })).toMatchObject({
        ...{ id, name: 'Lector', suggestions: [], createdAt: made.createdAt },
      })
      expect(await presets.list()).toHaveLength(1)
      await presets.delete({ id })
      expect(await presets.list()).toEqual([])
      await expect(presets.delete({ id })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    })

    test('a session in a project is told its instructions and files, and goes without the tools that are off', async () => {
      await using storage = await openStorage()
      let days = 0
      const clock = () => Date.now() + days * 86_400_000
      await using app = await startTestApp({ ...storage, clock })
      const { caller } = app
      const url = await app.listen()
      const uploaded = await fetch(`${url}/api/files`, {
        method: 'POST',
        headers: { 'content-type': 'text/plain', 'x-file-name': 'quays.txt' },
        body: 'The north quay is closed.',
      })
      const { id: fileId } = (await uploaded.json()) as { id: string }
      await expect.poll(async () => (await caller.files.get({ id: fileId })).status).toBe('ready')
      const id = crypto.randomUUID()
      const project = { id, name: 'Harbour', instructions: 'Think of ships.', files: [fileId] }
      expect(await caller.projects.save(project)).toMatchObject({
        ...{ id, name: 'Harbour', archived: false, files: [{ id: fileId, name: 'quays.txt' }] },
      })
      await expect(caller.files.delete({ id: fileId })).rejects.toMatchObject({ code: 'CONFLICT' })
      // No message has the file, but the project keeps it.
      days = 2
      await app.sweepFiles()
      const session = await caller.sessions.create({
        ...{ systemPrompt: 'Be brief.', projectId: id, toolsOff: ['get_system_metrics'] },
      })
      expect(session).toMatchObject({ projectId: id, toolsOff: ['get_system_metrics'] })
      expect(await caller.sessions.create({})).not.toHaveProperty('toolsOff')
      const { items } = await caller.sessions.list({ projectId: id })
      expect(items.map((one) => one.id)).toEqual([session.id])
      await caller.messages.send({ sessionId: session.id, text: 'Where to?' })
      const { step, ...call } = await app.model.nextCall()
      expect(step.systemPrompt).toMatch(
        /^Be brief\.\n\n.*"Harbour".*\n\nThink of ships\.\n\n.*"quays\.txt".*\nThe north quay is closed\./s,
      )
      const offered = step.tools.map(({ name }) => name)
      expect(offered).not.toContain('get_system_metrics')
      expect(offered).toContain('current_time')
      call.finish()
      await expect
        .poll(async () => (await caller.sessions.get({ id: session.id })).running)
        .toBe(false)
      const { messages } = await caller.messages.list({ sessionId: session.id })
      const fork = await caller.sessions.fork({ messageId: messages.at(-1)?.id ?? '' })
      expect(fork).toMatchObject({ projectId: id, toolsOff: ['get_system_metrics'] })

      await caller.projects.save({ ...project, archived: true })
      expect(await caller.projects.list()).toMatchObject([{ archived: true }])
      await caller.projects.delete({ id })
      days = 4
      await app.sweepFiles()
      await expect(caller.files.get({ id: fileId })).rejects.toMatchObject({ code: 'NOT_FOUND' })
      expect(await caller.sessions.get({ id: session.id })).toMatchObject({ projectId: null })
      await expect(caller.sessions.update({ id: session.id, projectId: id })).rejects.toMatchObject(
        { code: 'NOT_FOUND' },
      )
    })

    test('sessions are found by their tags, which go along with a file of them', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const { caller } = app
      const { id } = await caller.sessions.create({ title: 'Quays' })
      const other = await caller.sessions.create({ title: 'Cranes' })
      await caller.sessions.create({ title: 'Untagged' })
      const tagged = await caller.sessions.update({ id, tags: ['north', ' Work ', 'north'] })
      expect(tagged.tags).toEqual(['north', 'Work'])
      await caller.sessions.update({ id: other.id, tags: ['Work'] })
      expect(await caller.sessions.tags()).toEqual([
        { name: 'north', sessions: 1 },
        { name: 'Work', sessions: 2 },
      ])
      const titles = async (tag: string) =>
        (await caller.sessions.list({ tag })).items.map(({ title }) => title)
      expect(await titles('north')).toEqual(['Quays'])
      expect(await titles('Work')).toEqual(['Cranes', 'Quays'])
      expect(await titles('work')).toEqual([])
      // Fields that are absent do not change.
      expect((await caller.sessions.update({ id, title: 'Piers' })).tags).toEqual(['north', 'Work'])

      const file = await caller.sessions.export({ id, format: 'json' })
      const { sessions } = await caller.sessions.import({ data: JSON.parse(file.content) })
      expect(sessions).toMatchObject([{ title: 'Piers', tags: ['north', 'Work'] }])
      await caller.sessions.update({ id: other.id, archived: true })
      expect(await caller.sessions.tags()).toEqual([
        { name: 'north', sessions: 2 },
        { name: 'Work', sessions: 2 },
      ])
      await expect(caller.sessions.update({ id, tags: ['x'.repeat(41)] })).rejects.toMatchObject({
        code: 'BAD_REQUEST',
      })
    })

    test('an answer says what it waits for and until when, to every reader, until it goes on', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId, live } = talk
      await app.caller.messages.send({ sessionId, text: 'Go' })
      const call = await app.model.nextCall()
      const error = { code: 'provider_rate_limit', message: 'Too many.', retryable: true } as const
      call.push({ type: 'retry', waitMs: 60_000, error })
      await live.until(({ state }) => state?.messages[1]?.waitsFor !== undefined)
      const { waitsFor } = live.state?.messages[1] ?? {}
      expect(waitsFor).toMatchObject({ code: 'provider_rate_limit', retry: 1 })
      expect(Date.parse(waitsFor?.until ?? '')).toBeGreaterThan(Date.parse(app.services.now()))
      await sameAsFresh()
      call.say('At last')
      await live.until(({ state }) => state?.messages[1]?.parts.length === 1)
      expect(live.state?.messages[1]).not.toHaveProperty('waitsFor')
      await sameAsFresh()
      call.callTools({ name: 'current_time', arguments: {} })
      const second = await app.model.nextCall()
      await live.until(({ state }) => JSON.stringify(state).includes('"time_zone"'))
      await sameAsFresh()
      second.finish()
      await live.untilEvent('end')
      await sameAsFresh()

      async function sameAsFresh() {
        await using fresh = watch(app.caller, sessionId)
        await fresh.untilEvent('snapshot')
        expect(fresh.state).toEqual(live.state)
      }
    })
  })
})
