import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { request } from 'node:http'
import { strToU8, zipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { startConversation } from '../../testing/conversation.ts'
import { onEachStorage } from '../../testing/each-storage.ts'
import { startAccounts } from '../../testing/clients/people.ts'
import { postFile } from '../../testing/clients/post-file.ts'

/** The number of cuts; `npm run test:long` makes all of them. */
const CUTS = process.env.LONG === '1' ? 300 : 30
/** A person's uploads under way, as the server allows them. */
const AT_ONCE = 20

onEachStorage((database, openStorage) => {
  describe(`on ${database}, a file`, () => {
    test('is stored once, whole and unchanged, and read in ranges (P16)', async () => {
      await using talk = await startConversation(openStorage)
      const url = await talk.app.listen()
      const id = randomUUID()
      const text = 'A day in May.\n'.repeat(100)
      const { status, body } = await postFile(url, text, { id, name: 'Ω notes.txt' })
      expect(status).toBe(200)
      expect(body).toMatchObject({ id, name: 'Ω notes.txt', kind: 'text', status: 'ready' })
      expect(body.sha256).toBe(createHash('sha256').update(text).digest('hex'))
      expect((await postFile(url, text, { id })).body).toEqual(body)
      expect(await postFile(url, 'other', { id })).toMatchObject({
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
      expect((await postFile(url, form)).body).toMatchObject({
        ...{ name: 'c.md', mimeType: 'text/markdown', sha256: body.sha256 },
      })
      expect((await postFile(url, '', { name: 'empty' })).body).toMatchObject({
        ...{ bytes: 0, kind: 'text', status: 'ready' },
      })
    })

    test('is taken as soon as the one before is answered, by as many as may send at once', async () => {
      await using talk = await startConversation(openStorage)
      const url = await talk.app.listen()
      const sendThree = async (_: unknown, worker: number): Promise<number[]> => {
        const statuses: number[] = []
        for (const name of ['first', 'second', 'third']) {
          statuses.push((await postFile(url, `${worker} ${name}`, { name })).status)
        }
        return statuses
      }
      const sent = await Promise.all(Array.from({ length: AT_ONCE }, sendThree))
      expect(new Set(sent.flat())).toEqual(new Set([200]))
    })

    test('that could not be read because it took too much then is read when it is sent again', async () => {
      await using talk = await startConversation(openStorage)
      const url = await talk.app.listen()
      const content = zipSync({
        mimetype: [strToU8('application/vnd.oasis.opendocument.spreadsheet'), { level: 0 }],
        'content.xml': strToU8(
          '<x><table:table table:name="T"><table:table-row><table:table-cell><text:p>High tide</text:p></table:table-cell></table:table-row></table:table></x>',
        ),
      })
      const first = await postFile(url, content, { name: 'tides.ods' })
      expect(first.body).toMatchObject({ kind: 'document', status: 'processing' })
      const { db } = talk.app.services.database
      const error = 'The text of the file could not be read: it takes too much.'
      const read = () => talk.app.caller.files.get({ id: first.body.id })
      await expect.poll(read).toMatchObject({ status: 'ready' })
      await db.updateTable('file_contents').set({ text: null, error, reading: null }).execute()
      expect(await read()).toMatchObject({ status: 'failed', error })
      const again = await postFile(url, content, { name: 'tides.ods' })
      expect(again.body).toMatchObject({ status: 'processing' })
      await expect.poll(read).toMatchObject({ status: 'ready' })
      const { text } = await db.selectFrom('file_contents').select('text').executeTakeFirstOrThrow()
      expect(text).toContain('High tide')
    })

    test('that could run something in a browser is only ever downloaded, whatever it is called', async () => {
      await using talk = await startConversation(openStorage)
      const url = await talk.app.listen()
      const svg = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
      const files = {
        'picture.svg': svg,
        'picture.png': svg,
        'page.html': '<!doctype html><script>alert(1)</script>',
        'a\r\nSet-Cookie: a=b.html': '<script>alert(1)</script>',
      }
      for (const [name, content] of Object.entries(files)) {
        const { body } = await postFile(url, content, { name, 'content-type': 'image/png' })
        const answer = await fetch(`${url}/api/files/${body.id}`)
        expect(answer.headers.get('content-disposition')).toMatch(
          /^attachment; filename\*=UTF-8''[\w%.-]+$/,
        )
        expect(answer.headers.get('content-type')).not.toMatch(/svg|html|image/)
        expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
        expect(answer.headers.get('content-security-policy')).toContain('sandbox')
        expect(answer.headers.getSetCookie()).toEqual([])
      }
    })

    test('over FILE_MAX_MB is refused with its limit, over each way', async () => {
      await using talk = await startConversation(openStorage, { env: { FILE_MAX_MB: '0.01' } })
      const url = await talk.app.listen()
      const body = 'x'.repeat(20_000)
      expect(await postFile(url, body)).toMatchObject({
        status: 413,
        body: { code: 'PAYLOAD_TOO_LARGE', message: 'A file may have 0.01 MB at most.' },
      })
      const form = new FormData()
      form.set('file', new Blob([body]), 'long.txt')
      expect((await postFile(url, form)).status).toBe(413)
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
        const isCut = cuts < CUTS
        await send(at, isCut ? at + Math.ceil(rest / (2 * (CUTS - cuts))) : bytes.length, rest)
        cuts += isCut ? 1 : 0
      }
      expect(cuts).toBe(CUTS)
      const stored = await fetch(`${url}/api/files/${id}`)
      expect(Buffer.from(await stored.arrayBuffer()).equals(bytes)).toBe(true)
      // A client that lost the last response learns that everything arrived.
      expect(await offset()).toBe(bytes.length)
      // Cancelling a complete upload has no effect.
      const end = () => fetch(address, { method: 'DELETE', headers: { 'tus-resumable': '1.0.0' } })
      expect((await end()).status).toBe(204)
      expect((await fetch(`${url}/api/files/${id}`)).status).toBe(200)
      expect((await talk.app.caller.files.list({})).items).toHaveLength(1)
    })
  })

  test(`whoever cancels twenty uploads has room for twenty others at once (${database})`, async () => {
    await using talk = await startConversation(openStorage)
    const url = await talk.app.listen()
    const headers = { 'tus-resumable': '1.0.0', 'upload-length': '5' }
    const begin = () => fetch(`${url}/api/files/uploads`, { method: 'POST', headers })
    const begun: string[] = []
    for (let count = 0; count < 20; count += 1) {
      begun.push((await begin()).headers.get('location') ?? '')
    }
    expect((await begin()).status).toBe(429)
    for (const address of begun) {
      expect((await fetch(new URL(address, url), { method: 'DELETE', headers })).status).toBe(204)
    }
    expect((await begin()).status).toBe(201)
  })

  test(`nobody else has a file, over any of its routes (P10, P16, ${database})`, async () => {
    await using storage = await openStorage()
    await using app = await startAccounts(storage, { env: { AUTH_SIGNUP: 'open' } })
    const ada = await app.setUp()
    const bob = await app.signUp('bob@example.com')
    const as = ({ token }: { token: string }) => ({ authorization: `Bearer ${token}` })
    const { body: file } = await postFile(app.url, 'a secret', as(ada))
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
    expect((await postFile(app.url, 'x', as({ token: key }))).status).toBe(403)
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
    expect((await postFile(app.url, 'x'.repeat(8_000), headers)).status).toBe(200)
    expect(await postFile(app.url, 'y'.repeat(8_000), headers)).toMatchObject({
      ...{ status: 429, body: { code: 'TOO_MANY_REQUESTS' } },
    })
    const begin = (bytes: number) =>
      fetch(`${app.url}/api/files/uploads`, {
        method: 'POST',
        headers: { ...headers, 'tus-resumable': '1.0.0', 'upload-length': String(bytes) },
      })
    const { uploads } = app.services.files
    expect((await begin(8_000)).status).toBe(429)
    expect(await readdir(uploads)).toEqual([])
    // An upload takes its room when it begins.
    expect((await begin(1_500)).status).toBe(201)
    expect((await begin(1_500)).status).toBe(429)
  })

  test(`files that come at once, and shares, count too (P15, ${database})`, async () => {
    await using storage = await openStorage()
    await using app = await startAccounts(storage, { env: { LIMIT_STORAGE_MB: '0.1' } })
    const { token } = await app.setUp()
    const headers = { authorization: `Bearer ${token}` }
    const random = (bytes: number) => randomBytes(bytes / 2).toString('hex')
    const sent = await Promise.all(
      Array.from({ length: 8 }, () => postFile(app.url, random(20_000), headers)),
    )
    const stored = sent.filter(({ status }) => status === 200)
    expect(stored).toHaveLength(5)
    for (const { body } of stored.slice(1)) {
      expect(
        (await fetch(`${app.url}/api/files/${body.id}`, { method: 'DELETE', headers })).ok,
      ).toBe(true)
    }
    const { body: session } = await app.ask('/api/session', { token, body: {} })
    const { id: sessionId } = session as { id: string }
    const text = random(20_000)
    await app.ask(`/api/session/${sessionId}/messages`, { token, body: { text } })
    const share = () => app.ask('/api/share', { token, body: { sessionId } })
    const statuses: number[] = []
    for (let count = 0; count < 8; count += 1) statuses.push((await share()).status)
    expect(statuses[0]).toBe(200)
    expect(statuses.at(-1)).toBe(429)
  })
})
