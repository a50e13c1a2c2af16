import { buffer } from 'node:stream/consumers'
import { Readable } from 'node:stream'
import { zipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { zipOf } from '../../archive/zip-writer.ts'
import { startConversation } from '../../testing/conversation.ts'
import { onEachStorage } from '../../testing/each-storage.ts'
import { postFile } from '../../testing/clients/post-file.ts'
import { tealPicture } from '../../testing/teal-picture.ts'

async function zip(entries: Record<string, Uint8Array | string>): Promise<Uint8Array<ArrayBuffer>> {
  async function* all() {
    for (const [name, content] of Object.entries(entries)) {
      yield { name, content: Readable.from([Buffer.from(content)]) }
    }
  }
  return new Uint8Array(await buffer(Readable.from(zipOf(all()))))
}

const importZip = (url: string, body: Uint8Array<ArrayBuffer>) =>
  fetch(`${url}/api/session/import/zip`, { method: 'POST', body })

onEachStorage((database, openStorage) => {
  describe(`on ${database}, an archive`, () => {
    test('has a conversation with its files, and brings both back', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId, live } = talk
      const url = await app.listen()
      const { body: image } = await postFile(url, await tealPicture(), { name: 'a “view”.png' })
      await app.caller.messages.send({ sessionId, text: 'Look', files: [image.id] })
      ;(await app.model.nextCall()).finish()
      await live.untilEvent('end')
      const response = await fetch(`${url}/api/session/${sessionId}/export/zip`)
      expect(response.headers.get('content-type')).toBe('application/zip')
      const archive = new Uint8Array(await response.arrayBuffer())
      await app.caller.sessions.delete({ id: sessionId })
      expect((await fetch(`${url}/api/files/${image.id}`)).status).toBe(404)

      const imported = await importZip(url, archive)
      expect(imported.status).toBe(200)
      const { sessions } = (await imported.json()) as { sessions: { id: string }[] }
      const { messages } = await app.caller.messages.list({ sessionId: sessions[0]?.id ?? '' })
      const [, part] = messages[0]?.parts ?? []
      expect(part).toMatchObject({ type: 'file', file: { name: image.name, sha256: image.sha256 } })
      const id = part?.type === 'file' ? part.file.id : ''
      expect(id).not.toBe(image.id)
      const bytes = new Uint8Array(await (await fetch(`${url}/api/files/${id}`)).arrayBuffer())
      expect(bytes).toEqual(await tealPicture())
      // A file that belongs to a message cannot be deleted.
      await expect(app.caller.files.delete({ id })).rejects.toMatchObject({ code: 'CONFLICT' })
      expect((await fetch(`${url}/api/session/${sessionId}/export/zip`)).status).toBe(404)
    })

    test('is taken as soon as the one before is answered', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId } = talk
      const url = await app.listen()
      const response = await fetch(`${url}/api/session/${sessionId}/export/zip`)
      const archive = new Uint8Array(await response.arrayBuffer())
      for (let count = 0; count < 8; count += 1) {
        expect((await importZip(url, archive)).status).toBe(200)
      }
    })

    test('of ChatGPT’s export comes with its pictures: those that were sent, and those that were made', async () => {
      await using talk = await startConversation(openStorage)
      const { app } = talk
      const url = await app.listen()
      const node = (id: string, parent: string | null, child: string | null, message: object) => ({
        [id]: { id, parent, children: child === null ? [] : [child], message },
      })
      const image = (pointer: string) => ({
        content_type: 'image_asset_pointer',
        asset_pointer: pointer,
      })
      const conversation = {
        title: 'A view',
        create_time: 1_700_000_000,
        mapping: {
          ...node('a', null, 'b', {
            author: { role: 'user' },
            content: {
              content_type: 'multimodal_text',
              parts: [image('file-service://file-AbC123'), 'What is this?'],
            },
          }),
          ...node('b', 'a', 'c', {
            author: { role: 'tool', name: 'dalle.text2im' },
            content: {
              content_type: 'multimodal_text',
              parts: [image('sediment://file_00ff')],
            },
          }),
          ...node('c', 'b', null, {
            author: { role: 'assistant' },
            content: {
              content_type: 'text',
              parts: ['It says "asset_pointer": "file-service://file-AbC123".'],
            },
          }),
        },
      }
      const archive = await zip({
        'conversations.json': JSON.stringify([conversation]),
        'file-AbC123-beach.png': await tealPicture(),
        'dalle-generations/file_00ff.png': await tealPicture(),
        'user.json': '{}',
      })
      const imported = await importZip(url, archive)
      expect(imported.status).toBe(200)
      const { sessions } = (await imported.json()) as { sessions: { id: string }[] }
      const { messages } = await app.caller.messages.list({ sessionId: sessions[0]?.id ?? '' })
      expect(messages).toMatchObject([
        {
          role: 'user',
          parts: [
            { type: 'text', text: 'What is this?' },
            { type: 'file', file: { name: 'beach.png', kind: 'image', width: 32 } },
          ],
        },
        {
          role: 'assistant',
          parts: [
            { type: 'tool', call: { files: [{ name: 'picture.png', kind: 'image' }] } },
            { type: 'text', text: expect.stringContaining('file-service://file-AbC123') },
          ],
        },
      ])
      expect((await app.caller.files.list({})).items).toHaveLength(2)
    })

    test('that is none, is cut, or has no conversations, is refused with the reason', async () => {
      await using talk = await startConversation(openStorage)
      const url = await talk.app.listen()
      const refused = async (body: Uint8Array<ArrayBuffer>) => {
        const response = await importZip(url, body)
        return [response.status, ((await response.json()) as { message: string }).message]
      }
      expect(await refused(new Uint8Array(Buffer.from('no archive')))).toEqual([
        400,
        expect.stringContaining('no zip archive'),
      ])
      expect(await refused(await zip({ 'a.txt': 'a' }))).toEqual([
        400,
        expect.stringContaining('conversations.json'),
      ])
      const packed = zipSync({ 'conversations.json': Buffer.from('[]'.padEnd(100_000, ' ')) })
      expect((await refused(new Uint8Array(packed.subarray(0, packed.length / 2))))[0]).toBe(400)
    })
  })
})
