import { chromium } from '@playwright/test'
import type { Browser, Page } from '@playwright/test'
import { importedSession } from '../e2e/support/browser/imported-session.ts'
import { webApp } from '../scripts/build/web-app.ts'
import { findOrInstallChromium } from '../scripts/testing/chromium.ts'
import { formatTable } from './measure/table.ts'
import type { Options } from './options.ts'
import { startServer } from './server/started-server.ts'
import { longAnswer } from './web/long-answer.ts'
import { keyMoments, openMoment, sendMoment, stopMoment } from './web/moments.ts'
import { beginWork, gatherTasks } from './web/page-tasks.ts'
import type { PageWork } from './web/page-tasks.ts'
import { startPacedProvider } from './web/provider.ts'

const TOKENS = 10_000
const TOKENS_PER_SECOND = 100
/** The time after which the first burst of an answer has been drawn, and the conversation grows steadily. */
const SETTLED_AFTER_MS = 3_500
/** Measuring stops this long before the end of an answer, because the whole text is laid out once more there. */
const BEFORE_END_MS = 1_500
/** The number of messages in the session that is opened. */
const MESSAGES = 200
const TIMEOUT_MS = 60_000

type Streaming = PageWork & { slowedDown: number }
type Moment = { what: string; budget: number; p75: number; highest: number; count: number }

/** Measures the main-thread work of a page while a long answer streams, and how soon the page reacts to a user. */
export async function benchWeb(options: Options): Promise<unknown> {
  await webApp.build()
  const tokens = longAnswer(TOKENS)
  const around = ((SETTLED_AFTER_MS + BEFORE_END_MS) / 1000) * TOKENS_PER_SECOND
  const atOnce = Math.max(0, TOKENS - options.tokens - around)
  const pace = { tokens, atOnce, perSecond: TOKENS_PER_SECOND }
  const lastsMs = ((TOKENS - atOnce) / TOKENS_PER_SECOND) * 1000
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
    streaming.push(await measureStreaming(browser, server.url, slowedDown, lastsMs))
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

const streamingHeading = [
  ...['CPU', 'seconds', 'long tasks', 'longest ms'],
  ...['main thread', 'tasks', 'script', 'style', 'layout'],
]

function streamingRow(row: Streaming): (string | number)[] {
  const shares = [row.cpu, row.tasks, row.script, row.style, row.layout].map(
    (share) => `${(share * 100).toFixed(1)} %`,
  )
  return [`1/${row.slowedDown}`, row.seconds, row.longTasks, row.longest, ...shares]
}

/** @param lastsMs how long the answer is written */
async function measureStreaming(
  browser: Browser,
  url: string,
  slowedDown: number,
  lastsMs: number,
): Promise<Streaming> {
  const { page, cdp, asked } = await beginAnswer(browser, url, slowedDown)
  const end = await beginWork(page, cdp)
  const left = asked + lastsMs - BEFORE_END_MS - performance.now()
  if (left < 1_000) throw new Error('this machine is too slow for so short an answer: --tokens')
  await page.waitForTimeout(left)
  const work = await end()
  await page.context().close()
  return { ...work, slowedDown }
}

/** While a long answer is written, at its pace. */
async function measureTyping(
  browser: Browser,
  url: string,
  slowedDown: number,
  repeat: number,
): Promise<number[]> {
  const { page } = await beginAnswer(browser, url, slowedDown)
  const keys = await keyMoments(page, 'typing goes on at once '.repeat(repeat))
  if (await page.getByRole('button', { name: 'Stop' }).isHidden()) {
    throw new Error('the answer was over before all was typed: --tokens')
  }
  await page.context().close()
  return keys
}

async function measureMoments(browser: Browser, url: string, repeat: number): Promise<Moment[]> {
  const titles = Array.from({ length: repeat * 3 }, (_, index) => `Two hundred ${index + 1}`)
  for (const title of titles) {
    const texts = Array.from({ length: MESSAGES }, (_, index) => textOf(title, index))
    await importedSession(url, title, texts)
  }
  const page = await openPage(browser, url)
  const open = async (on: Page): Promise<number[]> => {
    const times: number[] = []
    for (const title of titles) {
      await on.getByRole('link', { name: title, exact: true }).waitFor()
      times.push(await openMoment(on, title, `${title}, ${MESSAGES}`))
    }
    return times
  }
  const opened = await open(page)
  const known = await openFromDevice(page, titles.length, open)
  const sent: number[] = []
  const stopped: number[] = []
  for (let round = 0; round < repeat * 3; round += 1) {
    sent.push(await sendMoment(page, `Go on at length, ${round}`))
    await page.getByRole('button', { name: 'Stop' }).waitFor()
    stopped.push(await stopMoment(page))
    await page.getByRole('button', { name: 'Stop' }).waitFor({ state: 'hidden' })
  }
  await page.context().close()
  const keys = await measureTyping(browser, url, 1, repeat)
  const slowKeys = await measureTyping(browser, url, 4, repeat)
  return [
    momentOf('the first session of 200 messages opens', 100, opened.slice(0, 1)),
    momentOf('the next ones open', 100, opened.slice(1)),
    // The script of the conversation may not be loaded yet.
    momentOf('the first one that the device knows opens', 100, known.slice(0, 1)),
    momentOf('the next ones that it knows open', 50, known.slice(1)),
    momentOf('a message that is sent shows', 50, sent),
    momentOf('a key pressed while an answer streams', 40, keys),
    momentOf('the same at a quarter of the speed', 40, slowKeys),
    momentOf('Stop shows', 100, stopped),
  ]
}

/**
 * Opens sessions in a page whose socket never answers, so that what it shows can only be the device's.
 * @param count the number of sessions that were opened before and have to be stored
 */
async function openFromDevice(
  page: Page,
  count: number,
  open: (page: Page) => Promise<number[]>,
): Promise<number[]> {
  while (!(await page.evaluate(keepsSessions, count))) await page.waitForTimeout(250)
  const other = await page.context().newPage()
  await other.addInitScript(gatherTasks)
  await other.routeWebSocket(/\/trpc/, () => {})
  await other.goto(new URL('/', page.url()).href)
  const times = await open(other)
  await other.close()
  await page.bringToFront()
  return times
}

/** Runs in the page: true when the device stores `count` sessions and their list. */
async function keepsSessions(count: number): Promise<boolean> {
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const opening = indexedDB.open('throughline-cache')
    opening.onsuccess = () => resolve(opening.result)
    opening.onerror = () => reject(opening.error)
  })
  const counted = (store: string) =>
    new Promise<number>((resolve) => {
      const counting = database.transaction(store).objectStore(store).count()
      counting.onsuccess = () => resolve(counting.result)
    })
  const [sessions, answers] = await Promise.all([counted('sessions'), counted('answers')])
  database.close()
  return sessions >= count && answers > 0
}

async function openPage(browser: Browser, url: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  const page = await context.newPage()
  page.setDefaultTimeout(TIMEOUT_MS)
  await page.addInitScript(gatherTasks)
  await page.goto(url)
  await page.getByText('Connected').waitFor()
  return page
}

/** Resolves when the page is at the end of a long answer that grows steadily, and the processor is slowed down. */
async function beginAnswer(browser: Browser, url: string, slowedDown: number) {
  const page = await openPage(browser, url)
  const box = page.getByRole('textbox', { name: 'Message' })
  await box.fill('Write a long answer')
  await box.press('Enter')
  const asked = performance.now()
  const answer = page.getByRole('article', { name: 'Assistant' })
  await answer.getByText('Part 1', { exact: true }).waitFor()
  await page.waitForTimeout(Math.max(0, asked + SETTLED_AFTER_MS - performance.now()))
  const jump = page.getByRole('button', { name: 'Jump to latest' })
  if (await jump.isVisible()) await jump.click()
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('Performance.enable')
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: slowedDown })
  return { page, cdp, asked }
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
