import type { Page } from '@playwright/test'

declare global {
  interface Window {
    /** Every text that the last answer of the page has shown since the page was loaded, in order. */
    shownAnswers?: string[]
  }
}

/** Runs in the page, before anything of the app does. */
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

/** All that was on the screen for the last answer since the page was loaded: no frame is missing. */
export function shownAnswers(page: Page): Promise<string[]> {
  return page.evaluate(() => window.shownAnswers ?? [])
}
