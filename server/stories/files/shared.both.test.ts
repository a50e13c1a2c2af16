import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { startConversation } from '../../testing/conversation.ts'
import { onEachStorage } from '../../testing/each-storage.ts'
import { postFile } from '../../testing/clients/post-file.ts'
import { defineTool } from '../../tools/define.ts'
import { tealPicture } from '../../testing/teal-picture.ts'

const draw = defineTool({
  name: 'draw',
  description: 'Draws.',
  input: z.object({}),
  output: z.object({ drawing: z.string() }),
  effect: 'read',
  approval: 'never',
  execute: async (_, { attach }) => ({
    drawing: attach({ name: 'drawing.png', mimeType: 'image/png', data: await tealPicture() }),
  }),
})

onEachStorage((database, openStorage) => {
  describe(`on ${database}, a file`, () => {
    test('of a shared snapshot is there for whoever has its token, others are not, and all are gone when it is revoked (P10)', async () => {
      await using talk = await startConversation(openStorage, { tools: [draw] })
      const { app, sessionId, live } = talk
      const url = await app.listen()
      const { body: image } = await postFile(url, await tealPicture(), { name: 'view.png' })
      const { body: later } = await postFile(url, 'Not of this snapshot', { name: 'later.txt' })
      await app.caller.messages.send({ sessionId, text: 'Look', files: [image.id] })
      ;(await app.model.nextCall()).callTools({ name: 'draw', arguments: {} })
      ;(await app.model.nextCall()).finish()
      await live.untilEvent('end')
      const { token } = await app.caller.shares.create({ sessionId })
      await app.caller.messages.send({ sessionId, text: 'And this', files: [later.id] })
      ;(await app.model.nextCall()).finish()

      const snapshot = JSON.stringify(await app.caller.shares.get({ token }))
      expect(snapshot).toContain('"name":"view.png"')
      expect(snapshot).not.toContain(image.id)
      const own = JSON.stringify((await app.caller.messages.list({ sessionId })).messages)
      const drawing = /"drawing":"([0-9a-f-]{36})"/.exec(own)?.[1] ?? ''
      expect(snapshot).not.toContain(drawing)
      const shared = [...snapshot.matchAll(/"id":"([0-9a-f-]{36})","name":"[^"]*png"/g)].map(
        ([, id]) => `${url}/api/share/${token}/files/${id}`,
      )
      expect(shared).toHaveLength(2)
      expect(snapshot).toContain(`"drawing":"${shared[1]?.split('/').at(-1)}"`)
      for (const address of shared) {
        const response = await fetch(address)
        expect(response.headers.get('content-type')).toBe('image/png')
        expect(new Uint8Array(await response.arrayBuffer())).toEqual(await tealPicture())
      }
      for (const id of [image.id, later.id]) {
        expect((await fetch(`${url}/api/share/${token}/files/${id}`)).status).toBe(404)
      }
      const [first = ''] = shared
      const other = await app.caller.shares.create({ sessionId })
      expect((await fetch(first.replace(token, other.token))).status).toBe(404)
      await app.caller.shares.revoke({ token })
      for (const address of shared) expect((await fetch(address)).status).toBe(404)
    })

    test('is found by its name and by the words in it, in the message that has it', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId } = talk
      const url = await app.listen()
      const { body } = await postFile(url, 'The lighthouse keeper sleeps.', { name: 'watch.txt' })
      await postFile(url, 'Another lighthouse, that no message has.', { name: 'other.txt' })
      const files = [body.id]
      const { messageId } = await app.caller.messages.send({ sessionId, text: 'Read', files })
      ;(await app.model.nextCall()).finish()
      const search = (query: string) => app.caller.sessions.search({ query })
      expect(await search('watch')).toMatchObject([{ messageId }])
      expect(await search('lighthouse keeper')).toMatchObject([
        { messageId, snippet: expect.stringContaining('lighthouse') },
      ])
    })
  })
})
