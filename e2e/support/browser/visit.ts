import type {
  Browser,
  BrowserContext,
  BrowserContextOptions,
  Page,
  Request,
} from '@playwright/test'
import { expect } from '@playwright/test'
import { onTestFailed, TestRunner } from 'vitest'
import { recordAnswers } from './answer-record.ts'

/** A browser context with its own storage, at the app's address. */
export type Visitor = AsyncDisposable & {
  context: BrowserContext
  page: Page
  /** One more tab of the same browser. */
  openTab(path?: string): Promise<Page>
}

type VisitOptions = BrowserContextOptions & { tolerates?: RegExp; records?: boolean }

/** Messages that the browser itself logs when a server cannot be reached. */
export const CONNECTION_TROUBLE =
  /WebSocket connection to .* failed|Failed to load resource: net::ERR_/

/** Playwright itself logs this when the app registers its worker. */
const BLOCKED_WORKER = /Service Worker registration blocked by Playwright/

/**
 * Opens the app. When the visit ends, it fails if a page logged an error or a warning, or sent a request to another
 * origin.
 * @param url the address of the app, with the first path
 * @param options.tolerates messages that the story provokes
 * @param options.records whether the page notes every text that an answer shows (`shownAnswers`), which costs it much
 */
export async function visit(
  browser: Browser,
  url: string,
  { tolerates, records = false, ...options }: VisitOptions = {},
): Promise<Visitor> {
  // Only the stories of the worker itself have one: each visit would load the whole app for it.
  const context = await browser.newContext({
    locale: 'en-GB',
    // An animation that goes on and on has a browser without a graphics card draw sixty times a second.
    reducedMotion: 'reduce',
    serviceWorkers: 'block',
    ...options,
  })
  context.setDefaultTimeout(20_000)
  if (records) await context.addInitScript(recordAnswers)
  const { origin } = new URL(url)
  const problems: string[] = []
  context.on('console', (message) => {
    const isTrouble = message.type() === 'error' || message.type() === 'warning'
    if (!isTrouble || tolerates?.test(message.text()) || BLOCKED_WORKER.test(message.text())) return
    problems.push(`${message.type()}: ${message.text()}`)
  })
  context.on('weberror', (error) => problems.push(`uncaught: ${String(error.error())}`))
  const onRequest = (request: Request): void => {
    const { protocol, origin: asked } = new URL(request.url())
    // A request that the content security policy blocked was not sent.
    const isBlocked = request.failure()?.errorText === 'csp'
    if (!protocol.startsWith('http') || asked === origin || isBlocked) return
    problems.push(`asked ${request.url()}`)
  }
  context.on('requestfinished', onRequest)
  context.on('requestfailed', onRequest)
  const openTab = async (path = ''): Promise<Page> => {
    const page = await context.newPage()
    page.on('websocket', (socket) => {
      if (new URL(socket.url()).host !== new URL(url).host) problems.push(`asked ${socket.url()}`)
    })
    await page.goto(new URL(path, url).href)
    return page
  }
  let shown: string[] = []
  if (TestRunner.getCurrentTest()) {
    // As an error of the test: what is printed during a try is lost when the next one passes.
    onTestFailed(({ task }) => {
      const message = `At the end the pages showed:\n${shown.join('\n')}`
      task.result?.errors?.push({ name: 'Pages', message, stack: message })
    })
  }
  return {
    context,
    page: await openTab(),
    openTab,
    [Symbol.asyncDispose]: async () => {
      shown = await Promise.all(context.pages().map(shownBy))
      await context.close()
      expect(problems, 'what the pages complained of').toEqual([])
    },
  }
}

/** The address of a page, and what somebody reads on it. */
async function shownBy(page: Page): Promise<string> {
  const text = await page.evaluate(() => document.body.innerText).catch(String)
  return `${page.url()}\n${text.replaceAll(/^/gm, '  | ')}`
}
