import { fileURLToPath } from 'node:url'
import { chromium } from '@playwright/test'
import type { Browser, Page } from '@playwright/test'
import { build } from 'vite'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { z } from 'zod'
import { amount } from '../scripts/testing/amount.ts'
import { startServer } from '../scripts/testing/server-process.ts'
import type { ServerProcess } from '../scripts/testing/server-process.ts'
import { connect } from '../shared/client/index.ts'
import { startTcpProxy } from './support/faults/tcp-proxy.ts'

const CUTS = amount(12, 100)
const Texts = z.array(z.object({ role: z.string(), text: z.string() }))

const opened = new AsyncDisposableStack()
let browser: Browser
let server: ServerProcess
let page = ''

beforeAll(async () => {
  page = await bundled()
  server = opened.use(await startServer({ DATA_DIR: 'memory:', LLM_MAX_TOKENS: '20000' }))
  const { executablePath, args } = inject('chromium')
  browser = opened.use(await chromium.launch({ executablePath, args }))
})
afterAll(() => opened.disposeAsync())

/** The AI SDK's own hook, unchanged, in a real browser. */
test(`useChat reads an answer through ${CUTS} cuts, a reload and in a second tab, and all have the same (P2, P17)`, async () => {
  await using proxy = await startTcpProxy(server.port)
  const id = crypto.randomUUID()
  const first = await open(proxy.url, `?id=${id}`)
  await say(first, `Write ${CUTS * 40} words about rivers`)
  await expect.poll(() => lengthOf(first)).toBeGreaterThan(0)
  let second: Page | null = null
  await using client = connect({ url: server.url })
  const logged = async () => {
    const { messages } = await client.api.messages.list.query({ sessionId: id })
    const parts = messages.at(-1)?.parts ?? []
    const text = parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
    return { text, isOver: messages.at(-1)?.status === 'completed' }
  }
  for (let cut = 0; cut < CUTS; cut += 1) {
    const before = await lengthOf(first)
    await proxy.cut()
    await proxy.mend()
    if (cut === Math.floor(CUTS / 3)) second = await open(proxy.url, `?id=${id}`)
    if (cut === Math.floor((2 * CUTS) / 3)) await first.reload()
    // A page that was just opened is ready before it takes the stream up: the log says when it is over.
    const moved = async () => (await lengthOf(first)) > before || (await logged()).isOver
    await expect.poll(moved, { message: `after cut ${cut}` }).toBe(true)
  }
  await expect.poll(async () => (await logged()).isOver, { timeout: 120_000 }).toBe(true)
  const { text } = await logged()
  await expect.poll(() => answerOf(first)).toBe(text)
  await expect.poll(() => answerOf(second ?? first)).toBe(text)
})

test('useChat has Stop and resume together, for all tabs (P9)', async () => {
  const id = crypto.randomUUID()
  const first = await open(server.url, `?id=${id}`)
  await say(first, 'Write 3000 words about rivers')
  await expect.poll(() => lengthOf(first)).toBeGreaterThan(0)
  const second = await open(server.url, `?id=${id}`)
  await expect.poll(() => lengthOf(second)).toBeGreaterThan(0)
  await second.getByRole('button', { name: 'Stop' }).click()
  await expect.poll(() => isReady(first)).toBe(true)
  await expect.poll(() => isReady(second)).toBe(true)
  expect(await answerOf(second)).toBe(await answerOf(first))
  await say(first, 'Repeat: on we go')
  await expect.poll(() => answerOf(first)).toContain('on we go')
})

test('a page that was written for the AI SDK’s own back end works by its address', async () => {
  const tab = await open(server.url, `?plain&id=any-name`)
  await say(tab, 'Repeat: as before')
  await expect.poll(() => answerOf(tab)).toContain('as before')
  await expect.poll(() => isReady(tab)).toBe(true)
  await say(tab, 'What did I say before?')
  await expect.poll(() => answerOf(tab)).toContain('Repeat: as before')
})

/** A tab with the page, as if the server at this address had it. */
async function open(url: string, query: string): Promise<Page> {
  const tab = await browser.newPage()
  await tab.route(/\/page\?/, (route) => route.fulfill({ contentType: 'text/html', body: page }))
  await tab.goto(`${url}/page${query}`)
  return tab
}

async function say(tab: Page, text: string): Promise<void> {
  await tab.getByLabel('Message').fill(text)
  await tab.getByLabel('Message').press('Enter')
}

async function answerOf(tab: Page): Promise<string> {
  const shown = await tab.locator('output').textContent()
  const last = Texts.parse(JSON.parse(shown ?? '[]')).at(-1)
  return last?.role === 'assistant' ? last.text : ''
}

async function lengthOf(tab: Page): Promise<number> {
  return (await answerOf(tab)).length
}

async function isReady(tab: Page): Promise<boolean> {
  return (await statusOf(tab)) === 'ready'
}

async function statusOf(tab: Page): Promise<string | null> {
  return tab.locator('output').getAttribute('data-status')
}

async function bundled(): Promise<string> {
  const input = fileURLToPath(new URL('support/browser/use-chat-page.tsx', import.meta.url))
  const made = await build({
    ...{ configFile: false, logLevel: 'error' },
    build: { write: false, minify: false, rolldownOptions: { input } },
    // As Vite builds it in a test: with the development's JSX.
    define: { 'process.env.NODE_ENV': '"development"' },
  })
  const outputs = [made].flat().flatMap((one) => ('output' in one ? one.output : []))
  const code = outputs.flatMap((one) => (one.type === 'chunk' ? [one.code] : [])).join('\n')
  const script = code.replaceAll('</script', '<\\/script')
  return `<!doctype html><body><script type="module">${script}</script></body>`
}
