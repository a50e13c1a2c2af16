import { randomUUID } from 'node:crypto'
import { mkdtempDisposable, readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { chatRequest } from '../../model/chat/chat-request.ts'
import type { ModelStep } from '../../model/port.ts'
import { prepareStep } from '../../model/request/prepared-step.ts'
import { responsesRequest } from '../../model/responses/responses-request.ts'
import { startConversation } from '../../testing/conversation.ts'
import { onEachStorage } from '../../testing/each-storage.ts'
import { postFile } from '../../testing/clients/post-file.ts'

const picture = async (): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(
    await sharp({ create: { width: 64, height: 32, channels: 3, background: 'teal' } })
      .withExif({ IFD0: { Make: 'A camera' } })
      .jpeg()
      .toBuffer(),
  )

onEachStorage((database, openStorage) => {
  describe(`on ${database}, a file of a message`, () => {
    test('belongs to a message, reaches the model over both APIs, and goes with its session', async () => {
      await using folder = await mkdtempDisposable(join(tmpdir(), 'files-'))
      await using talk = await startConversation(openStorage, {
        env: { FILES_PER_MESSAGE: '3', ...(database === 'Postgres' && { DATA_DIR: folder.path }) },
      })
      const { app, sessionId, live } = talk
      const url = await app.listen()
      const { body: image } = await postFile(url, await picture(), { name: 'view.jpg' })
      const { body: notes } = await postFile(url, 'The key is 42.', { name: 'notes.txt' })
      expect(image).toMatchObject({ kind: 'image', width: 64, height: 32, mimeType: 'image/jpeg' })
      const id = randomUUID()
      const message = { sessionId, id, text: '', files: [image.id, notes.id] }
      const sent = await app.caller.messages.send(message)
      expect(await app.caller.messages.send(message)).toEqual(sent)
      // Blank text beside files counts as no text, in the repetition as in the first send.
      expect(await app.caller.messages.send({ ...message, text: ' \n' })).toEqual(sent)
      await expect(
        app.caller.messages.send({ ...message, files: [image.id] }),
      ).rejects.toMatchObject({ code: 'CONFLICT' })
      await expect(
        app.caller.messages.send({ sessionId, text: 'x', files: [randomUUID()] }),
      ).rejects.toMatchObject({ code: 'NOT_FOUND' })
      const call = await app.model.nextCall()
      const asked = call.step.messages.at(-1)
      expect(asked).toMatchObject({ role: 'user', files: [{ kind: 'image' }] })
      expect(JSON.stringify(asked)).toContain('The key is 42.')
      const endpoint = { baseUrl: 'http://x/v1', host: 'x', kind: 'compatible' as const }
      const chat = chatRequest(prepareStep(call.step, endpoint, new Set()))
      expect(chat.messages.at(-1)?.content).toMatchObject([
        { type: 'text' },
        {
          type: 'image_url',
          image_url: { url: expect.stringMatching(/^data:image\/webp;base64,/) },
        },
      ])
      const responses = responsesRequest(prepareStep(call.step, endpoint, new Set()))
      expect(JSON.stringify(responses.input)).toContain('"type":"input_image","detail":"auto"')
      const blind = prepareStep(call.step, endpoint, new Set(['pictures' as const]))
      expect(JSON.stringify(chatRequest(blind))).not.toContain('image_url')
      expect(blind.notes.join()).toContain('takes no pictures')
      expect(await pictureOf(call.step)).toEqual({ width: 64, exif: undefined })
      call.say('Seen.')
      call.finish()
      await live.untilEvent('end')
      expect(live.state?.messages[0]?.parts).toEqual([
        { type: 'file', file: image },
        { type: 'file', file: notes },
      ])
      await expect(app.caller.files.delete({ id: image.id })).rejects.toMatchObject({
        code: 'CONFLICT',
      })
      const exported = await app.caller.sessions.export({ id: sessionId, format: 'json' })
      const { sessions } = await app.caller.sessions.import({ data: exported.content })
      const [copy] = sessions
      await app.caller.sessions.delete({ id: sessionId })
      // The copy of the session still has the files.
      expect((await fetch(`${url}/api/files/${image.id}?width=16`)).status).toBe(200)
      const copied = await app.caller.messages.list({ sessionId: copy?.id ?? '' })
      expect(copied.messages[0]?.parts).toContainEqual({ type: 'file', file: notes })
      await app.caller.sessions.delete({ id: copy?.id ?? '' })
      expect((await fetch(`${url}/api/files/${image.id}`)).status).toBe(404)
      await app.sweepFiles()
      if (database === 'Postgres') {
        const kept = await readdir(join(folder.path, 'files', 'contents'), {
          recursive: true,
          withFileTypes: true,
        })
        expect(kept.filter((entry) => entry.isFile())).toEqual([])
      }
    })

    test('stays with an edited message unless others are given, and one that waits is changed where it is', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId, live } = talk
      const url = await app.listen()
      const [first, second] = [await postFile(url, 'one'), await postFile(url, 'two')]
      const [one, two] = [first.body.id, second.body.id]
      const filesOf = async (id: string) => {
        const { messages } = await app.caller.messages.list({ sessionId })
        const parts = messages.find((message) => message.id === id)?.parts ?? []
        return parts.flatMap((part) => (part.type === 'file' ? [part.file.id] : []))
      }
      const isKept = (id: string) =>
        app.caller.files.delete({ id }).then(
          () => false,
          () => true,
        )
      const asked = await app.caller.messages.send({ sessionId, text: 'Read', files: [one] })
      const call = await app.model.nextCall()
      const waiting = await app.caller.messages.send({ sessionId, text: 'And', files: [one] })
      const { edit } = app.caller.messages
      await edit({ id: waiting.messageId, text: 'And then' })
      expect(await filesOf(waiting.messageId)).toEqual([one])
      await edit({ id: waiting.messageId, text: 'And then', files: [two, one] })
      expect(await filesOf(waiting.messageId)).toEqual([two, one])
      expect(await isKept(two)).toBe(true)
      await edit({ id: waiting.messageId, text: 'And then', files: [] })
      expect(await filesOf(waiting.messageId)).toEqual([])
      expect(await isKept(two)).toBe(false)
      call.finish()
      ;(await app.model.nextCall()).finish()
      await live.until(({ state }) => state?.messages.at(-1)?.status === 'completed')
      const anew = await edit({ id: asked.messageId, text: 'Read again' })
      ;(await app.model.nextCall()).finish()
      await live.until(({ state }) => state?.messages.at(-1)?.status === 'completed')
      expect(await filesOf(anew.messageId)).toEqual([one])
      expect(await isKept(one)).toBe(true)
    })
  })
})

async function pictureOf({ messages }: ModelStep) {
  const message = messages.at(-1)
  const data = message?.role === 'user' ? message.files?.[0]?.data : null
  const { width, exif } = await sharp(Buffer.from(data ?? '', 'base64')).metadata()
  return { width, exif }
}
