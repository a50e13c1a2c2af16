import { DefaultChatTransport, readUIMessageStream } from 'ai'
import type OpenAI from 'openai'
import { describe, expect, test } from 'vitest'
import { startConversation } from '../../testing/conversation.ts'
import { onEachStorage } from '../../testing/each-storage.ts'
import { clientOf } from '../../testing/clients/openai-client.ts'
import { tealPicture } from '../../testing/teal-picture.ts'

const picture = async (): Promise<string> =>
  `data:image/png;base64,${Buffer.from(await tealPicture(8, 4)).toString('base64')}`
const notes = `data:text/plain;base64,${Buffer.from('The key is 42.').toString('base64')}`

/** Pictures and files in requests of other protocols. */
onEachStorage((database, openStorage) => {
  describe(`files through the doors, on ${database}`, () => {
    test('reach the model through Responses, are stored once, and are named again', async () => {
      await using talk = await startConversation(openStorage)
      const { app } = talk
      const client = await clientOf(app)
      const image_url = await picture()
      const ask = () =>
        client.responses.create({
          model: 'default',
          input: [
            {
              role: 'user',
              content: [
                { type: 'input_text', text: 'What is this?' },
                { type: 'input_image', image_url, detail: 'auto' },
                { type: 'input_file', filename: 'notes.txt', file_data: notes },
              ],
            },
          ],
        })
      const asked = ask()
      const call = await app.model.nextCall()
      expect(call.step.messages).toMatchObject([
        { role: 'user', files: [{ kind: 'image', data: expect.any(String) }] },
      ])
      expect(JSON.stringify(call.step.messages)).toContain('The key is 42.')
      call.say('Teal.')
      call.finish()
      const { id, conversation } = await asked
      const items = await client.responses.inputItems.list(id)
      const named = [
        { type: 'input_text', text: 'What is this?' },
        { type: 'input_image', file_id: expect.any(String) },
        { type: 'input_file', file_id: expect.any(String), filename: 'notes.txt' },
      ]
      expect(items.data).toMatchObject([{ role: 'user', content: named }])
      expect(JSON.stringify(items.data)).not.toContain('base64')
      const kept = await client.conversations.items.list(conversation?.id ?? '', { order: 'asc' })
      expect(kept.data.flatMap((item) => ('content' in item ? item.content : []))).toMatchObject([
        ...named,
        { type: 'output_text' },
      ])
      const again = ask()
      ;(await app.model.nextCall()).finish()
      await again
      expect((await app.caller.files.list({})).items).toHaveLength(2)
      // A file that was uploaded can be sent by its id.
      const [file] = (await app.caller.files.list({})).items
      const byId = client.responses.create({
        model: 'default',
        input: [{ role: 'user', content: [{ type: 'input_file', file_id: file?.id ?? '' }] }],
      })
      const third = await app.model.nextCall()
      expect(JSON.stringify(third.step.messages)).toContain(file?.name)
      third.finish()
      await byId
    })

    test('reach the model through Chat Completions, those of the history too', async () => {
      await using talk = await startConversation(openStorage)
      const { app } = talk
      const client = await clientOf(app)
      const url = await picture()
      const asked = client.chat.completions.create({
        model: 'default',
        messages: [
          { role: 'user', content: [{ type: 'image_url', image_url: { url } }] },
          { role: 'assistant', content: 'Teal.' },
          {
            role: 'user',
            content: [
              { type: 'text', text: 'And this?' },
              { type: 'file', file: { filename: 'notes.txt', file_data: notes } },
            ],
          },
        ],
      })
      const call = await app.model.nextCall()
      expect(call.step.messages).toMatchObject([
        { role: 'user', files: [{ kind: 'image', data: expect.any(String) }] },
        { role: 'assistant', text: 'Teal.' },
        { role: 'user', text: expect.stringContaining('The key is 42.') },
      ])
      call.finish()
      await asked
      expect((await app.caller.files.list({})).items).toHaveLength(2)
    })

    test('reach the model through the AI SDK, and a message that is sent twice is one', async () => {
      await using talk = await startConversation(openStorage)
      const { app } = talk
      const transport = new DefaultChatTransport({ api: `${await app.listen()}/api/chat` })
      const url = await picture()
      const send = async () =>
        transport.sendMessages({
          ...{ chatId: 'c', trigger: 'submit-message', messageId: undefined },
          abortSignal: undefined,
          messages: [
            {
              ...{ id: 'm1', role: 'user' },
              parts: [
                { type: 'text', text: 'What is this?' },
                { type: 'file', mediaType: 'image/png', filename: 'sea.png', url },
              ],
            },
          ],
        })
      const reading = Array.fromAsync(readUIMessageStream({ stream: await send() }))
      const call = await app.model.nextCall()
      expect(call.step.messages).toMatchObject([
        { role: 'user', text: 'What is this?', files: [{ kind: 'image', name: 'sea.png' }] },
      ])
      call.say('Teal.')
      call.finish()
      await reading
      await Array.fromAsync(readUIMessageStream({ stream: await send() }))
      expect(app.model.asked).toBe(1)
    })

    test('are refused in the shape of the protocol: too large, damaged, from inside the network, unknown', async () => {
      await using talk = await startConversation(openStorage, {
        env: { FILE_MAX_MB: '1', FETCH_URL_TOOL: 'true' },
      })
      const { app } = talk
      const client = await clientOf(app)
      const send = (part: object) =>
        client.responses.create({
          model: 'default',
          input: [{ role: 'user', content: [part as OpenAI.Responses.ResponseInputText] }],
        })
      const param = 'input[0].content[0]'
      const large = `data:text/plain;base64,${Buffer.alloc(1024 * 1024 + 3, 'x').toString('base64')}`
      await expect(send({ type: 'input_file', file_data: large })).rejects.toMatchObject({
        ...{ status: 413, code: 'file_too_large', param },
      })
      const invalid = { status: 400, code: 'invalid_file', param }
      for (const part of [
        { type: 'input_file', file_data: 'data:text/plain;base64,%%%' },
        { type: 'input_image', image_url: 'file:///etc/passwd' },
        { type: 'input_image', image_url: client.baseURL.replace('/v1', '/livez') },
        { type: 'input_image', image_url: 'http://169.254.169.254/latest/meta-data' },
        { type: 'input_file', file_id: crypto.randomUUID() },
        { type: 'input_image' },
      ]) {
        await expect(send(part), JSON.stringify(part)).rejects.toMatchObject(invalid)
      }
      await expect(
        send({ type: 'input_audio', input_audio: { data: 'AA==', format: 'wav' } }),
      ).rejects.toMatchObject({ status: 400, code: 'unsupported_content', param })
      expect((await app.caller.files.list({})).items).toEqual([])
    })

    test('are refused before any of them is stored, where a message or a request has too many', async () => {
      await using talk = await startConversation(openStorage, {
        env: { FILES_PER_MESSAGE: '2', FETCH_URL_TOOL: 'true' },
      })
      const { app } = talk
      const client = await clientOf(app)
      const filesOf = (count: number, file_data?: string) =>
        Array.from({ length: count }, (_, index) => ({
          ...{ type: 'input_file' as const, filename: `${index}.txt` },
          ...(file_data ? { file_data } : { file_url: 'http://192.0.2.1/a.txt' }),
        }))
      const send = (input: OpenAI.Responses.ResponseInput) =>
        client.responses.create({ model: 'default', input })
      const refused = { status: 400, code: 'too_many_files' }
      await expect(send([{ role: 'user', content: filesOf(3, notes) }])).rejects.toMatchObject({
        ...{ ...refused, param: 'input[0].content[2]' },
      })
      const history = Array.from({ length: 11 }, () => ({
        ...{ role: 'user' as const, content: filesOf(2) },
      }))
      await expect(send(history)).rejects.toMatchObject(refused)
      const chat = await fetch(`${client.baseURL.replace('/v1', '')}/api/chat`, {
        ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
        body: JSON.stringify({
          ...{ id: 'many' },
          messages: [
            {
              ...{ role: 'user' },
              parts: Array.from({ length: 3 }, () => ({ type: 'file', url: notes })),
            },
          ],
        }),
      })
      expect(chat.status).toBe(400)
      expect((await app.caller.files.list({})).items).toEqual([])
    })

    test('are not fetched where the operator lets nothing be fetched', async () => {
      await using talk = await startConversation(openStorage, { env: { FETCH_URL_TOOL: 'false' } })
      const client = await clientOf(talk.app)
      const sent = client.chat.completions.create({
        model: 'default',
        messages: [
          {
            role: 'user',
            content: [{ type: 'image_url', image_url: { url: 'https://example.com/a.png' } }],
          },
        ],
      })
      await expect(sent).rejects.toMatchObject({ status: 400, code: 'unsupported_content' })
    })
  })
})
