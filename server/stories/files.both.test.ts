import { createHash, randomUUID } from 'node:crypto'
import { mkdtempDisposable, readdir } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import type { File } from '../../shared/contract/file.ts'
import { chatRequest } from '../model/chat/chat-request.ts'
import { prepareStep } from '../model/request/prepared-step.ts'
import { responsesRequest } from '../model/responses/responses-request.ts'
import type { ModelStep } from '../model/port.ts'
import { startConversation } from '../testing/conversation.ts'
import { onEachStorage } from '../testing/each-storage.ts'
import { startAccounts } from '../testing/people.ts'

type Sent = { status: number; body: File & { code?: string; message?: string } }

async function post(
  url: string,
  body: Uint8Array<ArrayBuffer> | string | FormData,
  { name, id, ...headers }: Record<string, string> = {},
): Promise<Sent> {
  const response = await fetch(`${url}/api/files${id ? `?id=${id}` : ''}`, {
    method: 'POST',
    headers: { ...headers, ...(name !== undefined && { 'x-file-name': encodeURIComponent(name) }) },
    body,
  })
  return { status: response.status, body: (await response.json()) as Sent['body'] }
}

const picture = async (): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(
    await sharp({ create: { width: 64, height: 32, channels: 3, background: 'teal' } })
      .withExif({ IFD0: { Make: 'A camera' } })
      .jpeg()
      .toBuffer(),
  )

onEachStorage((database, openStorage) => {
  describe(`on ${database}, a file`, () => {
    test('is stored once, whole and unchanged, and read in ranges (P16)', async () => {
      await using talk = await startConversation(openStorage)
      const url = await talk.app.listen()
      const id = randomUUID()
      const text = 'A day in May.\n'.repeat(100)
      const { status, body } = await post(url, text, { id, name: 'Ω notes.txt' })
      expect(status).toBe(200)
      expect(body).toMatchObject({ id, name: 'Ω notes.txt', kind: 'text', status: 'ready' })
      expect(body.sha256).toBe(createHash('sha256').update(text).digest('hex'))
      expect((await post(url, text, { id })).body).toEqual(body)
      expect(await post(url, 'other', { id })).toMatchObject({
        status: 409,
        body: { code: 'CONFLICT' },
      })
      const whole = await fetch(`${url}/api/files/${id}`)
      expect(await whole.text()).toBe(text)
      const disposition = whole.headers.get('content-disposition')
      expect(disposition).toBe("attachment; filename*=UTF-8''%CE%A9%20notes.txt")
      expect(whole.headers.get('x-content-type-options')).toBe('nosniff')
      expect(whole.headers.get('content-security-policy')).toContain('sandbox')
      const etag = whole.headers.get('etag') ?? ''
      const ask = (headers: Record<string, string>) => fetch(`${url}/api/files/${id}`, { headers })
      expect((await ask({ 'if-none-match': etag })).status).toBe(304)
      const part = await ask({ range: 'bytes=2-5' })
      expect([part.status, await part.text()]).toEqual([206, text.slice(2, 6)])
      expect((await ask({ range: `bytes=${text.length}-` })).status).toBe(416)
      expect(await (await ask({ range: 'bytes=-4' })).text()).toBe(text.slice(-4))
      const head = await fetch(`${url}/api/files/${id}`, { method: 'HEAD' })
      expect(head.headers.get('content-length')).toBe(String(text.length))
      expect(await talk.app.caller.files.get({ id })).toEqual(body)
      expect((await talk.app.caller.files.list({})).items).toEqual([body])
      const form = new FormData()
      form.set('file', new Blob([text], { type: 'text/markdown' }), 'a/b\\c.md')
      expect((await post(url, form)).body).toMatchObject({
        ...{ name: 'c.md', mimeType: 'text/markdown', sha256: body.sha256 },
      })
      expect((await post(url, '', { name: 'empty' })).body).toMatchObject({
        ...{ bytes: 0, kind: 'text', status: 'ready' },
      })
    })

    test('over FILE_MAX_MB is refused with its limit, over each way', async () => {
      await using talk = await startConversation(openStorage, { env: { FILE_MAX_MB: '0.01' } })
      const url = await talk.app.listen()
      const body = 'x'.repeat(20_000)
      expect(await post(url, body)).toMatchObject({
        status: 413,
        body: { code: 'PAYLOAD_TOO_LARGE', message: 'A file may have 0.01 MB at most.' },
      })
      const form = new FormData()
      form.set('file', new Blob([body]), 'long.txt')
      expect((await post(url, form)).status).toBe(413)
      const created = await fetch(`${url}/api/files/uploads`, {
        method: 'POST',
        headers: { 'tus-resumable': '1.0.0', 'upload-length': '20000' },
      })
      expect(created.status).toBe(413)
      expect((await talk.app.caller.files.list({})).items).toEqual([])
    })

    test('goes on where its upload was cut, however often, and is stored once (P16)', async () => {
      await using talk = await startConversation(openStorage)
      const url = await talk.app.listen()
      const id = randomUUID()
      const bytes = Buffer.alloc(300_000, 'a part of a long upload; ')
      const encode = (text: string) => Buffer.from(text).toString('base64')
      const created = await fetch(`${url}/api/files/uploads`, {
        method: 'POST',
        headers: {
          'tus-resumable': '1.0.0',
          'upload-length': String(bytes.length),
          'upload-metadata': `filename ${encode('long.txt')},filetype ${encode('text/plain')},id ${encode(id)}`,
        },
      })
      expect(created.status).toBe(201)
      const address = new URL(created.headers.get('location') ?? '', url)
      expect(address.pathname.split('/').at(-1)).toBe(id)
      const offset = async (): Promise<number> => {
        const response = await fetch(address, {
          method: 'HEAD',
          headers: { 'tus-resumable': '1.0.0' },
        })
        return Number(response.headers.get('upload-offset'))
      }
      const send = (from: number, until: number, length: number) =>
        new Promise<void>((resolve) => {
          const patch = request(address, {
            method: 'PATCH',
            headers: {
              'tus-resumable': '1.0.0',
              'upload-offset': String(from),
              'content-type': 'application/offset+octet-stream',
              'content-length': String(length),
            },
          })
          patch.once('error', () => resolve())
          patch.once('response', (response) => {
            response.resume()
            response.once('end', () => resolve())
          })
          patch.write(bytes.subarray(from, until), () => {
            if (until - from < length) patch.destroy()
            else patch.end()
          })
        })
      let cuts = 0
      for (let at = 0; at < bytes.length; at = await offset()) {
        const rest = bytes.length - at
        const isCut = cuts < 20
        await send(at, isCut ? at + Math.ceil(rest / 8) : bytes.length, rest)
        cuts += isCut ? 1 : 0
      }
      expect(cuts).toBe(20)
      const stored = await fetch(`${url}/api/files/${id}`)
      expect(Buffer.from(await stored.arrayBuffer()).equals(bytes)).toBe(true)
      // Whoever did not hear the last answer is told that all of it came.
      expect(await offset()).toBe(bytes.length)
      expect((await talk.app.caller.files.list({})).items).toHaveLength(1)
    })

    test('belongs to a message, reaches the model over both APIs, and goes with its session', async () => {
      await using folder = await mkdtempDisposable(join(tmpdir(), 'files-'))
      await using talk = await startConversation(openStorage, {
        env: { FILES_PER_MESSAGE: '3', ...(database === 'Postgres' && { DATA_DIR: folder.path }) },
      })
      const { app, sessionId, live } = talk
      const url = await app.listen()
      const { body: image } = await post(url, await picture(), { name: 'view.jpg' })
      const { body: notes } = await post(url, 'The key is 42.', { name: 'notes.txt' })
      expect(image).toMatchObject({ kind: 'image', width: 64, height: 32, mimeType: 'image/jpeg' })
      const id = randomUUID()
      const message = { sessionId, id, text: '', files: [image.id, notes.id] }
      const sent = await app.caller.messages.send(message)
      expect(await app.caller.messages.send(message)).toEqual(sent)
      // Blanks beside files are no text, in the repetition as in the first send.
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
      // The copy has them still.
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
  })

  test(`nobody else has a file, over any of its routes (P10, P16, ${database})`, async () => {
    await using storage = await openStorage()
    await using app = await startAccounts(storage, { env: { AUTH_SIGNUP: 'open' } })
    const ada = await app.setUp()
    const bob = await app.signUp('bob@example.com')
    const as = ({ token }: { token: string }) => ({ authorization: `Bearer ${token}` })
    const { body: file } = await post(app.url, 'a secret', as(ada))
    const create = (headers: Record<string, string>) =>
      fetch(`${app.url}/api/files/uploads`, {
        method: 'POST',
        headers: { 'tus-resumable': '1.0.0', 'upload-length': '5', ...headers },
      })
    const created = await create(as(ada))
    const upload = new URL(created.headers.get('location') ?? '', app.url).href
    const tus = {
      'tus-resumable': '1.0.0',
      'upload-offset': '0',
      'content-type': 'application/offset+octet-stream',
    }
    const routes: [string, string, RequestInit, number][] = [
      ['reading', `${app.url}/api/files/${file.id}`, {}, 404],
      ['deleting', `${app.url}/api/files/${file.id}`, { method: 'DELETE' }, 404],
      ['its info', `${app.url}/api/files/${file.id}/info`, {}, 404],
      ['its id', `${app.url}/api/files?id=${file.id}`, { method: 'POST', body: 'mine' }, 409],
      ['its upload', upload, { method: 'HEAD', headers: tus }, 404],
      ['a piece', upload, { method: 'PATCH', headers: tus, body: 'abcde' }, 404],
      ['its end', upload, { method: 'DELETE', headers: tus }, 404],
    ]
    for (const [what, address, init, status] of routes) {
      const headers = new Headers(init.headers)
      const nobody = await fetch(address, { ...init, headers })
      expect(nobody.status, `${what} as nobody`).toBe(401)
      headers.set('authorization', `Bearer ${bob.token}`)
      const other = await fetch(address, { ...init, headers })
      expect(other.status, `${what} as somebody else`).toBe(status)
    }
    expect((await create({})).status).toBe(401)
    const { key } = (await app
      .ask('/api/key', {
        ...{ token: ada.token, body: { name: 'reads', scope: 'read' } },
      })
      .then(({ body }) => body)) as { key: string }
    expect((await post(app.url, 'x', as({ token: key }))).status).toBe(403)
    expect((await create(as({ token: key }))).status).toBe(403)
    const { id: sessionId } = (await app
      .ask('/api/session', { token: bob.token, body: {} })
      .then(({ body }) => body)) as { id: string }
    const sent = await app.ask(`/api/session/${sessionId}/messages`, {
      ...{ token: bob.token, body: { text: 'look', files: [file.id] } },
    })
    expect(sent.status).toBe(404)
    const own = await fetch(`${app.url}/api/files/${file.id}`, { headers: as(ada) })
    expect(await own.text()).toBe('a secret')
  })

  test(`files count against what a person may store (P15, ${database})`, async () => {
    await using storage = await openStorage()
    await using app = await startAccounts(storage, { env: { LIMIT_STORAGE_MB: '0.01' } })
    const { token } = await app.setUp()
    const headers = { authorization: `Bearer ${token}` }
    expect((await post(app.url, 'x'.repeat(8_000), headers)).status).toBe(200)
    expect(await post(app.url, 'y'.repeat(8_000), headers)).toMatchObject({
      ...{ status: 429, body: { code: 'TOO_MANY_REQUESTS' } },
    })
  })
})

async function pictureOf({ messages }: ModelStep) {
  const message = messages.at(-1)
  const data = message?.role === 'user' ? message.files?.[0]?.data : null
  const { width, exif } = await sharp(Buffer.from(data ?? '', 'base64')).metadata()
  return { width, exif }
}
