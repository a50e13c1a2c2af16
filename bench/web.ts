import { chromium } from '@playwright/test'
import type { Browser, Page } from '@playwright/test'
import { importedSession } from '../e2e/support/imported-session.ts'
import { buildWebApp } from '../scripts/build-web.ts'
import { findOrInstallChromium } from '../scripts/chromium.ts'
import { formatTable } from './measure/table.ts'
import type { Options } from './options.ts'
import { startServer } from './server/started-server.ts'
import { longAnswer } from './web/long-answer.ts'
import { openMoment, sendMoment, stopMoment } from './web/moments.ts'
import { beginWork, gatherTasks } from './web/page-tasks.ts'
import type { PageWork } from './web/page-tasks.ts'
import { startPacedProvider } from './web/provider.ts'

const TOKENS = 10_000
const TOKENS_PER_SECOND = 100
/** The number of messages in the session that is opened. */
const MESSAGES = 200
const TIMEOUT_MS = 60_000

type Streaming = PageWork & { slowedDown: number }
type Moment = { what: string; budget: number; p75: number; highest: number; count: number }

/** Measures the main-thread work of a page while a long answer streams, and how soon the page reacts to a user. */
export async function benchWeb(options: Options): Promise<unknown> {
  await buildWebApp()
  const tokens = longAnswer(TOKENS)
  const atOnce = TOKENS - options.tokens
  // The last tokens are held back, so that the measurement ends before the answer does.
  const pace = { tokens, atOnce, perSecond: TOKENS_PER_SECOND }
  await using provider = await startPacedProvider(() => pace)
  await using server = await startServer({
    DATA_DIR: 'memory:',
    OPENAI_BASE_URL: provider.baseUrl,
    LLM_MAX_TOKENS: String(2 * TOKENS),
  })
  const { path, version } = findOrInstallChromium()
  // Chromium's own sandbox does not work for root.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  await using browser = await chromium.launch({ executablePath: path, args })
  console.log(version)

  const streaming: Streaming[] = []
  for (const slowedDown of [1, 4]) {
    streaming.push(await measureStreaming(browser, server.url, slowedDown, options.tokens))
  }
  console.log(`\n${formatTable(streamingHeading, streaming.map(streamingRow))}\n`)
  const moments = await measureMoments(browser, server.url, options.repeat)
  const rows = moments.map(({ what, budget, p75, highest, count }) => [
    what,
    budget,
    p75,
    highest,
    count,
  ])
  console.log(`${formatTable(['until it is painted, ms', 'budget', 'p75', 'max', 'n'], rows)}\n`)
  return { browser: version, streaming, moments }
}

const streamingHeading = ['CPU', 'seconds', 'long tasks', 'longest ms', 'script', 'style', 'layout']

function streamingRow(row: Streaming): (string | number)[] {
  const shares = [row.script, row.style, row.layout].map((share) => `${(share * 100).toFixed(1)} %`)
  return [`1/${row.slowedDown}`, row.seconds, row.longTasks, row.longest, ...shares]
}

async function measureStreaming(
  browser: Browser,
  url: string,
  slowedDown: number,
  tokens: number,
): Promise<Streaming> {
  const page = await openPage(browser, url)
  await beginAnswer(page)
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('Performance.enable')
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: slowedDown })
  const end = await beginWork(page, cdp)
  // The last second is left out: at the end, the whole text is laid out once more.
  await page.waitForTimeout((tokens / TOKENS_PER_SECOND - 2) * 1000)
  const work = await end()
  await page.context().close()
  return { ...work, slowedDown }
}

async function measureMoments(browser: Browser, url: string, repeat: number): Promise<Moment[]> {
  const titles = Array.from({ length: repeat * 3 }, (_, index) => `Two hundred ${index + 1}`)
  for (const title of titles) {
    const texts = Array.from({ length: MESSAGES }, (_, index) => textOf(title, index))
    await importedSession(url, title, texts)
  }
  const page = await openPage(browser, url)
  const opened: number[] = []
  for (const title of titles) {
    await page.getByRole('link', { name: title, exact: true }).waitFor()
    opened.push(await openMoment(page, title, `${title}, ${MESSAGES}`))
  }
  const sent: number[] = []
  const keys: number[] = []
  const stopped: number[] = []
  for (let round = 0; round < repeat * 3; round += 1) {
    sent.push(await sendMoment(page, `Go on at length, ${round}`))
    await page.getByRole('button', { name: 'Stop' }).waitFor()
    await page.evaluate(() => window.benchKeys?.splice(0))
    await page.keyboard.type('typing goes on at once', { delay: 60 })
    keys.push(...(await page.evaluate(() => window.benchKeys ?? [])))
    await page.getByRole('textbox', { name: 'Message' }).fill('')
    stopped.push(await stopMoment(page))
    await page.getByRole('button', { name: 'Stop' }).waitFor({ state: 'hidden' })
  }
  await page.context().close()
  return [
    momentOf('the first session of 200 messages opens', 100, opened.slice(0, 1)),
    momentOf('the next ones open', 100, opened.slice(1)),
    momentOf('a message that is sent shows', 50, sent),
    momentOf('a key pressed while an answer streams', 40, keys),
    momentOf('Stop shows', 100, stopped),
  ]
}

async function openPage(browser: Browser, url: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  page.setDefaultTimeout(TIMEOUT_MS)
  await page.addInitScript(gatherTasks)
  await page.goto(url)
  await page.getByText('Connected').waitFor()
  return page
}

/** Resolves when the first burst has arrived and the page is scrolled to its end. */
async function beginAnswer(page: Page): Promise<void> {
  const box = page.getByRole('textbox', { name: 'Message' })
  await box.fill('Write a long answer')
  await box.press('Enter')
  const answer = page.getByRole('article', { name: 'Assistant' })
  await answer.getByText('Part 1', { exact: true }).waitFor()
  // After this pause the first burst has been rendered, and the conversation grows steadily.
  await page.waitForTimeout(3_000)
  const jump = page.getByRole('button', { name: 'Jump to latest' })
  if (await jump.isVisible()) await jump.click()
}

function textOf(title: string, index: number): string {
  return index % 2 === 0
    ? `Question ${index + 1}`
    : `**${title}, ${index + 1}**\n\n${longAnswer(60).join('')}\n\n- one\n- two`
}

function momentOf(what: string, budget: number, times: number[]): Moment {
  const sorted = times.toSorted((one, other) => one - other)
  const p75 = sorted[Math.ceil(sorted.length * 0.75) - 1] ?? Number.NaN
  return { what, budget, p75, highest: sorted.at(-1) ?? Number.NaN, count: times.length }
}
