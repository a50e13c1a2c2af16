import type OpenAI from 'openai'
import { describe, expect, test } from 'vitest'
import { forgetResponses } from '../../../db/queries/doors/responses.ts'
import { askFirst } from '../../testing/ask-first.ts'
import { onEachStorage } from '../../testing/each-storage.ts'
import { clientOf, weather } from '../../testing/clients/openai-client.ts'
import { restartable } from '../../testing/restartable.ts'

/** OpenAI's own client, unchanged: listing, repeating and deleting. */
onEachStorage((database, openStorage) => {
  describe(`OpenAI's requests, on ${database}`, () => {
    test('a response that is not stored and was deleted stays gone when it is forgotten', async () => {
      await using storage = await openStorage()
      await using server = await restartable(storage)
      await using app = await server.start()
      const client = await clientOf(app)
      const asked = client.responses.create({ model: 'default', input: 'Secret', store: false })
      const call = await app.model.nextCall()
      call.say('Yes.')
      call.finish()
      const { id } = await asked
      await client.responses.delete(id)
      const { db } = app.services.database
      const kept = await db.selectFrom('responses').select(['request', 'input']).execute()
      expect(kept).toEqual([{ request: {}, input: [] }])
      await db
        .updateTable('runs')
        .set({ keeps_chunks: true, ended_at: new Date(Date.now() - 120_000).toISOString() })
        .execute()
      await forgetResponses(db)
      await expect(client.responses.retrieve(id)).rejects.toMatchObject({ status: 404 })
      await expect(
        client.responses.create({ model: 'default', input: 'And?', previous_response_id: id }),
      ).rejects.toMatchObject({ status: 400, code: 'previous_response_not_found' })
    })

    test('a request with a key is asked once, also when it comes twice at once, and leaves one session', async () => {
      await using storage = await openStorage()
      await using server = await restartable(storage)
      await using app = await server.start()
      const client = await clientOf(app)
      const headers = { 'Idempotency-Key': 'once' }
      const messages = [
        { role: 'user' as const, content: 'Hello' },
        { role: 'assistant' as const, content: 'Hi.' },
        { role: 'user' as const, content: 'Well?' },
      ]
      const requests = [
        () => client.chat.completions.create({ model: 'default', messages }, { headers }),
        () => client.responses.create({ model: 'default', input: messages }, { headers }),
      ]
      for (const [index, request] of requests.entries()) {
        const both = [request(), request()]
        const call = await app.model.nextCall()
        call.say('Once.')
        call.finish()
        const [one, two] = await Promise.all(both)
        expect(two?.id).toBe(one?.id)
        expect((await request()).id).toBe(one?.id)
        // The key of this question is no key of another one, whose answer it would seem to be.
        const other = { role: 'user' as const, content: 'And?' }
        await expect(
          index === 0
            ? client.chat.completions.create({ model: 'default', messages: [other] }, { headers })
            : client.responses.create({ model: 'default', input: [other] }, { headers }),
        ).rejects.toMatchObject({ status: 409, type: 'conflict_error' })
        const { db } = app.services.database
        await expect
          .poll(async () => (await db.selectFrom('sessions').select('id').execute()).length)
          .toBe(index + 1)
      }
      expect(app.model.asked).toBe(2)
      const refused = { model: 'default', input: ' ' }
      await expect(
        client.responses.create(refused, { headers: { 'Idempotency-Key': 'refused' } }),
      ).rejects.toThrow()
      const left = await app.services.database.db.selectFrom('sessions').select('id').execute()
      expect(left).toHaveLength(2)
    })

    test('lists each item of a conversation and of an input once to OpenAI’s own client, in both orders', async () => {
      await using storage = await openStorage()
      await using server = await restartable(storage, { tools: [askFirst] })
      await using app = await server.start()
      const client = await clientOf(app)
      const items = Array.from({ length: 45 }, (_, index) => ({
        role: index % 2 === 0 ? ('user' as const) : ('assistant' as const),
        content: `Text ${index}`,
      }))
      const { id } = await client.conversations.create({ items })
      const asked = client.responses.create({
        ...{ model: 'default', conversation: id, input: 'Last', tools: [weather] },
      })
      const call = await app.model.nextCall()
      call.push({ type: 'reasoning', text: 'Hm.' })
      call.callTools(
        { name: 'get_weather', arguments: {} },
        { name: 'get_weather', arguments: {} },
        { name: 'ask_first', arguments: {} },
      )
      const calls = (await asked).output.filter(({ type }) => type === 'function_call')
      await app.caller.tools.answer({
        ...{ callId: dashed(calls[0]?.id ?? ''), output: { rain: true } },
      })
      const ids: string[][] = []
      for (const order of ['asc', 'desc'] as const) {
        for (const limit of [1, 7, 100]) {
          const listed: OpenAI.Conversations.ConversationItem[] = []
          for await (const item of client.conversations.items.list(id, { order, limit })) {
            listed.push(item)
            expect(listed.length).toBeLessThan(60)
          }
          ids.push(listed.map((item) => item.id ?? ''))
          const inOrder = order === 'asc' ? listed : listed.toReversed()
          const texts = inOrder.flatMap((item) =>
            item.type === 'message' ? item.content.map((part) => 'text' in part && part.text) : [],
          )
          expect(texts).toEqual([...items.map(({ content }) => content), 'Last'])
          expect(inOrder.slice(-5)).toMatchObject([
            { type: 'reasoning', id: expect.stringMatching(/^rs_/), summary: [{ text: 'Hm.' }] },
            { type: 'function_call', status: 'completed', arguments: '{}' },
            { type: 'function_call_output', status: 'completed', output: '{"rain":true}' },
            { type: 'function_call', status: 'completed' },
            { type: 'mcp_approval_request', name: 'ask_first' },
          ])
        }
      }
      for (const [index, listed] of ids.entries()) {
        expect(index < 3 ? listed : listed.toReversed()).toEqual(ids[0])
      }
      for (const itemId of ids[0] ?? []) {
        const item = await client.conversations.items.retrieve(itemId, { conversation_id: id })
        expect(item.id).toBe(itemId)
      }
      const other = await client.conversations.create({ metadata: { a: '1', b: '2' } })
      expect(other.metadata).toEqual({ a: '1', b: '2' })
      const elsewhere = { conversation_id: other.id }
      const strange = client.conversations.items.retrieve(ids[0]?.[0] ?? '', elsewhere)
      await expect(strange).rejects.toMatchObject({ status: 404 })
      await client.conversations.update(other.id, { metadata: { b: '3' } })
      expect((await client.conversations.retrieve(other.id)).metadata).toEqual({ b: '3' })
      const tooLong = client.conversations.update(id, { metadata: { a: 'x'.repeat(513) } })
      await expect(tooLong).rejects.toMatchObject({ status: 400, param: 'metadata.a' })
      const refused = { status: 400, code: 'unsupported_operation' }
      const less = client.conversations.items.delete(ids[0]?.[0] ?? '', { conversation_id: id })
      await expect(less).rejects.toMatchObject(refused)
      const unknown = client.conversations.items.list(id, { after: 'msg_none' })
      await expect(unknown).rejects.toMatchObject({ status: 404 })
      const made = await client.responses.create({
        ...{ model: 'default', input: items.slice(0, 5), background: true },
      })
      const said: unknown[] = []
      for await (const item of client.responses.inputItems.list(made.id, { limit: 2 })) {
        said.push(item)
      }
      expect(said).toMatchObject(
        items
          .slice(0, 5)
          .toReversed()
          .map(({ content: text }) => ({ content: [{ text }] })),
      )
    })
  })
})

/** The UUID in the id of a call's item. */
function dashed(id: string): string {
  return id.replace(/^fc_(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
