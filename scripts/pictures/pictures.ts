import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as wait } from 'node:timers/promises'
import { chromium } from '@playwright/test'
import type { Browser, BrowserContextOptions, Page } from '@playwright/test'
import { startTcpProxy } from '../../e2e/support/faults/tcp-proxy.ts'
import { serverBundle } from '../build/server.ts'
import { webApp } from '../build/web-app.ts'
import { findOrInstallChromium } from '../testing/chromium.ts'
import { animatedWebp, startScreencast } from './screencast.ts'
import { startServer } from '../testing/server-process.ts'

// Takes the pictures of the documents, and the recording: `npm run pictures`, or some of them: `-- NAME…`.

const only = process.argv.slice(2)
const isWanted = (name: string): boolean => only.length === 0 || only.includes(name)

const FOLDER = join(import.meta.dirname, '../../docs/img')
const DESK = { width: 1280, height: 800 }
const PHONE = { width: 390, height: 844 }
/** The time without a connection in the recording. */
const LOST_MS = 1_800
const PATIENCE_MS = 60_000

await webApp.build()
await serverBundle.build()
mkdirSync(FOLDER, { recursive: true })
const { path, version } = findOrInstallChromium()
console.log(version)
const args = process.getuid?.() === 0 ? ['--no-sandbox'] : []
await using server = await startServer({ DATA_DIR: 'memory:' })
await using browser = await chromium.launch({ executablePath: path, args })

await picture('answer-with-a-tool', { viewport: DESK }, async (page) => {
  await ask(page, 'What are the system metrics?')
  await page.locator('.markdown table').first().waitFor()
  await showBeginning(page)
  // The card is in view, and the answer below it is still being written.
  await page.locator('.markdown td').nth(3).waitFor()
})
await picture('phone', { viewport: PHONE, hasTouch: true, isMobile: true }, async (page) => {
  await ask(page, 'Show my user profile')
  await answered(page)
  await showBeginning(page)
})
await record('network-lost')

/** Takes one picture of a new page. */
async function picture(
  name: string,
  options: BrowserContextOptions,
  act: (page: Page) => Promise<void>,
): Promise<void> {
  if (!isWanted(name)) return
  await using opened = await openPage(browser, { deviceScaleFactor: 2, ...options })
  await act(opened.page)
  await opened.page.screenshot({ path: join(FOLDER, `${name}.png`) })
  console.log(`docs/img/${name}.png`)
}

/** An answer that loses its connection in the middle, and goes on. */
async function record(name: string): Promise<void> {
  if (!isWanted(name)) return
  await using way = await startTcpProxy(server.port)
  await using opened = await openPage(browser, { viewport: { width: 880, height: 560 } }, way.url)
  const { page } = opened
  const box = page.getByRole('textbox', { name: 'Message' })
  const connection = page.getByRole('status', { name: 'Connection' })
  const end = await startScreencast(page)
  await box.pressSequentially('Write 600 words about the sea', { delay: 40 })
  await box.press('Enter')
  await untilWords(page, 30)
  await way.cut()
  await connection.getByText('Reconnecting').waitFor()
  if (await page.getByRole('button', { name: 'Stop' }).isHidden()) {
    throw new Error('the answer was over before its connection: take it on a quieter machine')
  }
  // Somebody who looks at the picture has to see that nothing comes.
  await wait(LOST_MS)
  await way.mend()
  await page.evaluate(() => dispatchEvent(new Event('online')))
  await connection.getByText('Connected').waitFor()
  // Waits for the text that was written during the outage, and for more.
  await untilWords(page, 240)
  const file = await animatedWebp(await end())
  writeFileSync(join(FOLDER, `${name}.webp`), file)
  console.log(`docs/img/${name}.webp, ${Math.round(file.length / 1_000)} kB`)
}

async function untilWords(page: Page, count: number): Promise<void> {
  const answer = page.getByRole('article', { name: 'Assistant' }).locator('.markdown')
  await answer.waitFor()
  await page.waitForFunction(
    (least) =>
      (document.querySelector('[aria-label=Assistant] .markdown')?.textContent ?? '').split(/\s+/)
        .length >= least,
    count,
  )
}

async function openPage(from: Browser, options: BrowserContextOptions, url = server.url) {
  const context = await from.newContext({
    locale: 'en-GB',
    colorScheme: 'light',
    serviceWorkers: 'block',
    ...options,
  })
  context.setDefaultTimeout(PATIENCE_MS)
  const page = await context.newPage()
  await page.goto(url)
  await page.getByText('Connected').waitFor()
  return { page, [Symbol.asyncDispose]: () => context.close() }
}

/** It scrolls with the wheel, because a key would show a focus ring around the conversation. */
async function showBeginning(page: Page): Promise<void> {
  const log = page.getByRole('log')
  await log.hover()
  await page.mouse.wheel(0, -100_000)
  await page.waitForFunction(() => document.querySelector('[role=log]')?.scrollTop === 0)
}

async function ask(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Message' }).fill(text)
  await page.getByRole('button', { name: 'Send', exact: true }).click()
}

async function answered(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Stop' }).waitFor({ state: 'hidden' })
  await page.getByRole('button', { name: 'Regenerate', exact: true }).last().waitFor()
}
