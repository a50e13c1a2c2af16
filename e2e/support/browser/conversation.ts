import { expect as expectNow } from '@playwright/test'
import type { Locator, Page } from '@playwright/test'

/** A long timeout, because test machines are busy; a missing element fails here too. */
export const expect = expectNow.configure({ timeout: 60_000 })

/** The conversation on a page, located by the accessible names of its parts. */
export type Conversation = {
  page: Page
  log: Locator
  box: Locator
  sendButton: Locator
  stopButton: Locator
  connection: Locator
  questions: Locator
  answers: Locator
  /** The newest answer. */
  answer: Locator
  /** Types and presses Enter. */
  send(text: string): Promise<void>
  /** Resolves when the newest answer shows at least so many words. */
  untilWords(count: number): Promise<void>
  /** The text of the newest answer as rendered, block by block. */
  text(): Promise<string>
  /** Questions and answers in turn; only turns near the viewport are rendered. */
  turns(): Promise<string[]>
}

/**
 * Runs in the page: sets the text of a box, and says so. Playwright inserts it as if it were typed, for which Chromium
 * takes as long as the square of its lines: seconds for 300 of them.
 */
function setText(box: HTMLElement | SVGElement, text: string): void {
  const field = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value')
  field?.set?.call(box, text)
  box.dispatchEvent(new InputEvent('input', { bubbles: true }))
}

export function conversationOn(page: Page): Conversation {
  const log = page.getByRole('log', { name: 'Conversation' })
  const box = page.getByRole('textbox', { name: 'Message' })
  const answers = log.getByRole('article', { name: 'Assistant' })
  const answer = answers.last()
  const text = async (): Promise<string> =>
    (await answer.locator('.markdown .section > *').allTextContents()).join('\n\n')
  return {
    page,
    log,
    box,
    sendButton: page.getByRole('button', { name: 'Send', exact: true }),
    stopButton: page.getByRole('button', { name: 'Stop' }),
    connection: page.getByRole('status', { name: 'Connection' }),
    questions: log.getByRole('article', { name: 'You' }),
    answers,
    answer,
    async send(message) {
      if (message.includes('\n')) await box.evaluate(setText, message)
      else await box.fill(message)
      await box.press('Enter')
    },
    async untilWords(count) {
      await expect.poll(async () => wordsOf(await text()).length).toBeGreaterThanOrEqual(count)
    },
    text,
    turns: () =>
      log
        .getByRole('article')
        .evaluateAll((articles) =>
          articles.map((article) =>
            [...article.querySelectorAll('.markdown .section > *, [aria-label=You] p')]
              .map((block) => block.textContent)
              .join('\n\n'),
          ),
        ),
  }
}

export function wordsOf(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '')
}

/** Distinct words, so that a lost, doubled or misplaced word is noticed. */
export function numberedWords(count: number): string {
  return Array.from({ length: count }, (_, index) => `word${index + 1}`).join(' ')
}

/** A request that the demo model answers by repeating the text. */
export function repeat(text: string): string {
  return `Repeat: ${text}`
}

/** Removes Markdown syntax, which is not rendered, and spaces. */
export function withoutMarkup(text: string): string {
  return text.replaceAll(/[|*`#>\s]|:?-{3,}:?/g, '')
}

/**
 * The part of the app that draws conversations comes soon after the first page; without it nothing of one is drawn. All
 * files that it imports are asked for at once, and each has an entry when it is there.
 */
export async function untilAppIsWhole(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const there = performance.getEntriesByType('resource').map(({ name }) => name)
    const asked = [...document.querySelectorAll<HTMLLinkElement>('link[rel=modulepreload]')]
    return (
      there.some((name) => name.includes('/session-conversation')) &&
      asked.every(({ href }) => there.includes(href))
    )
  })
}
