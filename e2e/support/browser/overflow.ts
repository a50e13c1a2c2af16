import type { Page } from '@playwright/test'

/** Elements that overflow the viewport sideways and are not inside of a scrolling element. */
export function sidewaysOverflow(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const root = document.documentElement
    const scrollers = [root, ...document.querySelectorAll('[role="log"]')]
    return scrollers
      .filter((element) => element.scrollWidth > element.clientWidth)
      .map((element) => `${element.tagName} ${element.scrollWidth} > ${element.clientWidth}`)
  })
}
