import { describe, expect, test } from 'vitest'
import { startTestApp } from '../../testing/app.ts'
import { watch } from '../../testing/clients/watch.ts'
import { onEachStorage } from '../../testing/each-storage.ts'

/** Snapshots behind a token, on either database. */
onEachStorage((database, openStorage) => {
  describe(`a share, on ${database}`, () => {
    test('shows the active branch as it was, and nothing that came later', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const { caller } = app
      const { id: sessionId } = await caller.sessions.create({
        title: 'Secrets',
        systemPrompt: 'Only for me',
      })
      await using live = watch(caller, sessionId)
      await live.untilEvent('snapshot')
      await caller.messages.send({ sessionId, text: 'Look it up' })
      const asking = await app.model.nextCall()
      asking.callTools({ name: 'no_such_tool', arguments: { of: 'it' } })
      const call = await app.model.nextCall()
      call.say('Half an ', 'answer')
      await live.until(({ state }) => JSON.stringify(state?.messages ?? []).includes('answer'))
      const share = await caller.shares.create({ sessionId })
      call.say(' and the rest')
      call.finish()
      await live.untilEvent('end')
      await caller.sessions.update({ id: sessionId, title: 'Renamed' })

      const seen = await caller.shares.get({ token: share.token })
      expect(seen).toMatchObject({
        title: 'Secrets',
        messages: [
          { role: 'user', parentId: null, parts: [{ text: 'Look it up' }] },
          {
            role: 'assistant',
            status: 'interrupted',
            parts: [{ type: 'tool', call: { status: 'failed', input: { of: 'it' } } }, {}],
          },
        ],
      })
      expect(seen.messages[1]?.parts.at(-1)).toEqual({ type: 'text', text: 'Half an answer' })
      expect(seen.messages[1]?.parentId).toBe(seen.messages[0]?.id)
      const url = await app.listen()
      const text = await (await fetch(`${url}/api/share/${share.token}`)).text()
      expect(JSON.parse(text)).toEqual(seen)
      const { messages } = await caller.messages.list({ sessionId })
      const calls = messages.flatMap(({ parts }) =>
        parts.flatMap((part) => (part.type === 'tool' ? [part.call.id] : [])),
      )
      const secrets = [
        sessionId,
        ...messages.flatMap(({ id, runId }) => [id, String(runId)]),
        ...calls,
        (await caller.me()).id,
        'Only for me',
      ]
      for (const secret of secrets) {
        expect(text).not.toContain(secret)
      }
    })

    test('is gone at once when it is revoked, or its session is deleted, and others stay', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const { caller } = app
      const { id: sessionId } = await caller.sessions.create({ title: 'One' })
      const { id: other } = await caller.sessions.create({ title: 'Two' })
      const first = await caller.shares.create({ sessionId })
      const second = await caller.shares.create({ sessionId })
      const third = await caller.shares.create({ sessionId: other })
      expect(first.token).not.toBe(second.token)
      expect(Buffer.from(first.token, 'base64url')).toHaveLength(32)
      const tokens = async (input: { sessionId?: string }) =>
        new Set((await caller.shares.list(input)).shares.map(({ token }) => token))
      expect(await tokens({})).toEqual(new Set([first.token, second.token, third.token]))
      expect(await tokens({ sessionId })).toEqual(new Set([first.token, second.token]))
      const gone = { code: 'NOT_FOUND' }

      const url = `${await app.listen()}/api/share/${first.token}`
      expect((await fetch(url)).headers.get('cache-control')).toBe('private, no-store')
      expect((await fetch(url, { method: 'DELETE' })).status).toBe(200)
      expect((await fetch(url)).status).toBe(404)
      await expect(caller.shares.get({ token: first.token })).rejects.toMatchObject(gone)
      await expect(caller.shares.revoke({ token: first.token })).rejects.toMatchObject(gone)
      expect(await caller.shares.get({ token: second.token })).toMatchObject({ title: 'One' })

      await caller.sessions.delete({ id: sessionId })
      await expect(caller.shares.get({ token: second.token })).rejects.toMatchObject(gone)
      expect(await tokens({})).toEqual(new Set([third.token]))
      await expect(caller.shares.create({ sessionId })).rejects.toMatchObject(gone)
      for (const token of ['a'.repeat(43), 'none']) {
        await expect(caller.shares.get({ token })).rejects.toMatchObject(gone)
        await expect(caller.shares.revoke({ token })).rejects.toMatchObject(gone)
      }
      const { id, token } = third
      expect(await caller.shares.revoke({ id })).toEqual({ id, token })
      await expect(caller.shares.revoke({ id })).rejects.toMatchObject(gone)
    })
  })
})
