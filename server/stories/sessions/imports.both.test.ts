import { describe, expect, test } from 'vitest'
import { branchedConversation, exported } from '../../sessions/testing/branched-conversation.ts'
import { startTestApp } from '../../testing/app.ts'
import { watch } from '../../testing/clients/watch.ts'
import { onEachStorage } from '../../testing/each-storage.ts'

/** Imports of foreign and of invalid files, on either database. */
onEachStorage((database, openStorage) => {
  describe(`an export, on ${database}`, () => {
    test('of ChatGPT’s is imported with its branches, shown, found and gone on with', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const say = (role: string, text: string, more: object = {}) => ({
        author: { role },
        create_time: 1_700_000_000,
        content: { content_type: 'text', parts: [text] },
        ...more,
      })
      const { sessions } = await app.caller.sessions.import({
        data: [
          {
            title: 'Soup',
            create_time: 1_700_000_000,
            mapping: {
              q: { children: ['run', 'other'], message: say('user', 'Which soup?') },
              run: {
                parent: 'q',
                children: ['out'],
                message: say('assistant', 'soups()', { recipient: 'python' }),
              },
              out: { parent: 'run', children: ['a'], message: say('tool', 'leek') },
              a: { parent: 'out', children: [], message: say('assistant', 'Leek soup.') },
              other: { parent: 'q', children: [], message: say('assistant', 'Pea soup.') },
            },
            current_node: 'a',
          },
        ],
      })
      const id = sessions[0]?.id ?? ''
      await using live = watch(app.caller, id)
      expect((await live.untilEvent('snapshot')).messages).toMatchObject([
        { role: 'user', parts: [{ text: 'Which soup?' }], createdAt: '2023-11-14T22:13:20.000Z' },
        {
          role: 'assistant',
          parts: [{ call: { name: 'chatgpt__python', output: 'leek' } }, { text: 'Leek soup.' }],
          siblings: { count: 2 },
        },
      ])
      expect((await app.caller.sessions.list({ search: 'pea soup' })).items).toMatchObject([{ id }])
      await app.caller.messages.send({ sessionId: id, text: 'How?' })
      const call = await app.model.nextCall()
      expect(call.step.messages).toMatchObject([
        { role: 'user', text: 'Which soup?' },
        { role: 'assistant', calls: [{ name: 'chatgpt__python' }] },
        { role: 'tool', output: '"leek"' },
        { role: 'assistant', text: 'Leek soup.' },
        { role: 'user', text: 'How?' },
      ])
      call.finish()
      await live.untilEvent('end')
    })

    test('that is wrong anywhere is refused with its place, and nothing of it is imported', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const file = await exported(app, await branchedConversation(app))
      const [good] = file.sessions
      if (!good) throw new Error('no session')
      const before = (await app.caller.sessions.list({})).items.length
      const refused = async (data: unknown, words: string) =>
        expect(app.caller.sessions.import({ data })).rejects.toMatchObject({
          code: 'BAD_REQUEST',
          message: expect.stringContaining(words),
        })
      const second = (change: object) => ({ ...file, sessions: [good, { ...good, ...change }] })
      const [first, ...others] = good.messages
      await refused(null, 'data: ')
      await refused('{"format":', 'data: is no JSON')
      await refused({ ...file, version: 2 }, 'data.version')
      await refused(second({ title: 7 }), 'data.sessions[1].title')
      await refused(second({ title: 'a\u0000b' }), 'data.sessions[1].title')
      await refused(second({ createdAt: '0000-01-01T00:00:00Z' }), 'data.sessions[1].createdAt')
      await refused(second({ activeLeaf: 'nobody' }), 'data.sessions[1].activeLeaf')
      await refused(second({ messages: others }), 'data.sessions[1].messages[0].parentId')
      await refused(
        second({ messages: [first, ...good.messages] }),
        'data.sessions[1].messages[1].id',
      )
      await refused(
        second({ messages: [{ ...first, parentId: others[0]?.id }, ...others] }),
        'leads back',
      )
      await refused([{ mapping: { a: { children: ['b'] } } }], 'data[0].mapping.a.children[0]')
      let deep: unknown = 1
      for (let level = 0; level < 5_000; level += 1) deep = [deep]
      const nested = JSON.parse(
        JSON.stringify(file).replace('"input":{"expression":"6*7"}', '"input":"here"'),
      )
      expect(JSON.stringify(nested)).toContain('"here"')
      await refused(replaced(nested, deep), 'nested deeper')
      expect((await app.caller.sessions.list({})).items.length).toBe(before)
    })

    test('that fails in the database leaves nothing behind', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const file = await exported(app, await branchedConversation(app))
      const before = (await app.caller.sessions.list({})).items.length
      const newId = app.services.newId
      let made = 0
      // The second session gets an id that is taken.
      const [session] = file.sessions
      const taken = (await app.caller.sessions.list({})).items[0]?.id ?? ''
      const perSession = 1 + (session?.messages.length ?? 0)
      const ids = new Proxy(newId, { apply: () => (made++ > perSession * 2 ? taken : newId()) })
      Object.assign(app.services, { newId: ids })
      await expect(
        app.caller.sessions.import({ data: { ...file, sessions: [session, session, session] } }),
      ).rejects.toThrow()
      Object.assign(app.services, { newId })
      expect((await app.caller.sessions.list({})).items.length).toBe(before)
    })
  })
})

function replaced(value: unknown, deep: unknown): unknown {
  if (value === 'here') return deep
  if (Array.isArray(value)) return value.map((item) => replaced(item, deep))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replaced(item, deep)]))
}
