import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { precompress } from './precompress.ts'
import { startTestServer } from '../testing/server.ts'

const SCRIPT = `console.log('${'hello '.repeat(1000)}')`
const HTML = '<!doctype html><title>app</title>'

test('a file is served in the smallest variant that the browser takes', async () => {
  await using built = await build()
  expect(await precompress(built.root)).toBe(1)
  await using server = await startTestServer({ webRoot: built.root })
  const brotli = await get(server.port, '/assets/main-a1b2.js', {
    'accept-encoding': 'gzip, deflate, br',
  })
  expect(brotli.headers['content-encoding']).toBe('br')
  expect(brotliDecompressSync(brotli.body).toString()).toBe(SCRIPT)
  const gzip = await get(server.port, '/assets/main-a1b2.js', { 'accept-encoding': 'gzip' })
  expect(gunzipSync(gzip.body).toString()).toBe(SCRIPT)
  const plain = await get(server.port, '/assets/main-a1b2.js')
  expect(plain.body.toString()).toBe(SCRIPT)
  for (const { headers } of [brotli, gzip, plain]) {
    expect(headers['content-type']).toContain('javascript')
    expect(headers.vary).toContain('Accept-Encoding')
  }
})

test('hashed files are kept for ever, the page is asked for again each time and then not sent twice', async () => {
  await using built = await build()
  await using server = await startTestServer({ webRoot: built.root })
  const script = await get(server.port, '/assets/main-a1b2.js')
  expect(script.headers['cache-control']).toBe('public, max-age=31536000, immutable')
  const page = await get(server.port, '/')
  expect(page.headers['cache-control']).toBe('no-cache')
  const again = await get(server.port, '/', { 'if-none-match': page.headers.etag ?? '' })
  expect([again.status, again.body.length]).toEqual([304, 0])
})

test('a navigation to any route of the app gets the app; files and interfaces that are not there do not', async () => {
  await using built = await build()
  await using server = await startTestServer({ webRoot: built.root })
  const html = { accept: 'text/html,application/xhtml+xml' }
  const navigation = await get(server.port, '/c/019b0000-0000-7000-8000-000000000001?x=1', html)
  expect([navigation.status, navigation.body.toString()]).toEqual([200, HTML])
  expect(navigation.headers['content-security-policy']).toContain("script-src 'self'")
  expect((await get(server.port, '/c/1')).status).toBe(404)
  for (const link of ['/setup?token=1', '/invite?token=1', '/reset?token=1', '/share/abc']) {
    expect((await get(server.port, link)).body.toString()).toBe(HTML)
  }
  expect((await get(server.port, '/assets/gone.js', html)).status).toBe(404)
  expect((await get(server.port, '/api/nothing', html)).status).toBe(404)
  expect((await get(server.port, '/trpc/nothing', html)).headers['content-type']).toContain('json')
})

test('below a path the page says where it is, and its files are there', async () => {
  await using built = await build()
  const page =
    '<!doctype html><head><script src="/assets/main-a1b2.js"></script></head><a href="https://a.example.com/">a</a>'
  await writeFile(join(built.root, 'index.html'), page)
  await using server = await startTestServer({ webRoot: built.root, basePath: '/chat' })
  const html = { accept: 'text/html' }
  for (const path of ['/chat', '/chat/', '/chat/s/1', '/chat/settings?a=1']) {
    const { status, body, headers } = await get(server.port, path, html)
    expect([path, status, headers['cache-control']]).toEqual([path, 200, 'no-cache'])
    expect(body.toString()).toBe(
      '<!doctype html><head><script src="/chat/assets/main-a1b2.js"></script>  <meta name="base-path" content="/chat" />\n' +
        '  </head><a href="https://a.example.com/">a</a>',
    )
  }
  expect((await get(server.port, '/chat/assets/main-a1b2.js')).body.toString()).toBe(SCRIPT)
  expect((await get(server.port, '/assets/main-a1b2.js', html)).status).toBe(404)
})

test('no path leads out of the folder', async () => {
  await using built = await build()
  await writeFile(join(built.root, '..', 'secret.txt'), 'secret')
  await using server = await startTestServer({ webRoot: built.root })
  for (const path of [
    '/../secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '/assets/../../secret.txt',
  ]) {
    const answer = await get(server.port, path, { accept: 'text/html' })
    expect(answer.body.toString()).not.toContain('secret\n')
    expect(answer.body.toString()).not.toBe('secret')
  }
})

test('without a build the page says so, and one made meanwhile is served', async () => {
  await using built = await build()
  const root = join(built.root, 'later')
  await using server = await startTestServer({ webRoot: root })
  const missing = await get(server.port, '/')
  expect([missing.status, missing.headers['content-type']]).toEqual([
    503,
    'text/plain; charset=utf-8',
  ])
  expect(missing.body.toString()).toContain('not built')
  await mkdir(root)
  await writeFile(join(root, 'index.html'), HTML)
  expect((await get(server.port, '/')).body.toString()).toBe(HTML)
})

test('the app may run its own scripts only', async () => {
  await using server = await startTestServer()
  const { headers } = await get(server.port, '/health')
  expect(headers['content-security-policy']).toMatch(/default-src 'none';script-src 'self';/)
  expect(headers['x-content-type-options']).toBe('nosniff')
  expect(headers['permissions-policy']).toContain('microphone=(self), camera=()')
})

test('what a model wrote is previewed without an origin, a network or a form, and nothing else may be framed', async () => {
  await using server = await startTestServer()
  const { headers, body } = await get(server.port, '/preview')
  const policy = headers['content-security-policy']
  expect(policy).toMatch(/^sandbox allow-scripts allow-modals; default-src 'none';/)
  expect(policy).not.toMatch(/connect-src|allow-same-origin|https?:|'self'(?!$)/)
  expect(policy).toContain("frame-ancestors 'self'")
  expect(body.toString()).toContain('postMessage')
  const other = await get(server.port, '/health')
  expect(other.headers['content-security-policy']).toMatch(/frame-ancestors 'none'/)
})

async function build(): Promise<AsyncDisposable & { root: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'static-'))
  const root = join(folder, 'web')
  await mkdir(join(root, 'assets'), { recursive: true })
  await writeFile(join(root, 'index.html'), HTML)
  await writeFile(join(root, 'assets', 'main-a1b2.js'), SCRIPT)
  await utimes(join(root, 'index.html'), 1, 1)
  return { root, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) }
}

type Answer = { status: number | undefined; headers: IncomingHttpHeaders; body: Buffer }

/** Neither decodes what comes nor normalises what goes, as `fetch` would. */
function get(port: number, path: string, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, headers }, (response) => {
      const { statusCode: status, headers: received } = response
      response
        .toArray()
        .then(
          (chunks) => resolve({ status, headers: received, body: Buffer.concat(chunks) }),
          reject,
        )
    })
    sent.on('error', reject)
    sent.end()
  })
}
