import type { Page } from '@playwright/test'

declare global {
  interface Window {
    /** Every text that the last answer of the page has shown since the page was loaded, in order. */
    shownAnswers?: string[]
  }
}

/** Runs in the page before any code of the app. */
export function recordAnswers(): void {
  const shown: string[] = []
  window.shownAnswers = shown
  const look = (): void => {
    const answer = [...document.querySelectorAll('article[aria-label="Assistant"]')].at(-1)
    const blocks = [...(answer?.querySelectorAll('.markdown .section > *') ?? [])]
    const text = blocks.map((block) => block.textContent).join('\n\n')
    if (text !== '' && text !== shown.at(-1)) shown.push(text)
  }
  new MutationObserver(look).observe(document, {
    subtree: true,
    childList: true,
    characterData: true,
  })
}

/** Every text that the last answer has shown since the page was loaded, without a missing frame. */
export function shownAnswers(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    if (!window.shownAnswers) throw new Error('this visit does not record')
    return window.shownAnswers
  })
}
