import { type Locator, type Page, expect as expectNow } from '@playwright/test'

/** Patient: machines are noisy, and what never comes is told by this as well. */
export const expect = expectNow.configure({ timeout: 60_000 })

/** A conversation as a person meets it, by the names that the interface gives to its parts. */
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
  /** The blocks of text of the newest answer, as they are on the screen. */
  text(): Promise<string>
  /** What was asked and answered, in turn. Only turns near the view are in the page. */
  turns(): Promise<string[]>
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
    sendButton: page.getByRole('button', { name: 'Send' }),
    stopButton: page.getByRole('button', { name: 'Stop' }),
    connection: page.getByRole('status', { name: 'Connection' }),
    questions: log.getByRole('article', { name: 'You' }),
    answers,
    answer,
    async send(message) {
      await box.fill(message)
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

/** So many words that are all different: one that is lost, doubled or out of place shows. */
export function numberedWords(count: number): string {
  return Array.from({ length: count }, (_, index) => `word${index + 1}`).join(' ')
}

/** What the demo model takes as a wish to hear these words again. */
export function repeat(text: string): string {
  return `Repeat: ${text}`
}

/** A text without the signs of Markdown, which are on no screen, and without spaces. */
export function withoutMarkup(text: string): string {
  return text.replaceAll(/[|*`#>\s]|:?-{3,}:?/g, '')
}
