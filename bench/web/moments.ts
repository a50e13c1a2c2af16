import type { Page } from '@playwright/test'

/** Milliseconds from an action of the user until its result is painted. */

/** From submitting the message box until the message is in the conversation. */
export async function sendMoment(page: Page, text: string): Promise<number> {
  await page.getByRole('textbox', { name: 'Message' }).fill(text)
  return page.evaluate(async (sent) => {
    const began = performance.now()
    document.querySelector('form')?.requestSubmit()
    const isShown = () =>
      [...document.querySelectorAll('[role=log] [aria-label=You]')].some((message) =>
        message.textContent.includes(sent),
      )
    while (!isShown()) await new Promise((frame) => setTimeout(frame))
    await window.benchPainted?.()
    return performance.now() - began
  }, text)
}

/** From the click on Stop until the page shows it. */
export function stopMoment(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const find = () => document.querySelector<HTMLButtonElement>('button[aria-label=Stop]')
    const began = performance.now()
    find()?.click()
    while (find()?.disabled === false) await new Promise((frame) => setTimeout(frame))
    await window.benchPainted?.()
    return performance.now() - began
  })
}

/** From the click on a session's link until its last message is shown. */
export async function openMoment(page: Page, title: string, lastWords: string): Promise<number> {
  const link = page.getByRole('link', { name: title, exact: true })
  return link.evaluate(async (element: HTMLElement, words) => {
    const began = performance.now()
    element.click()
    const isOpen = () => document.querySelector('[role=log]')?.textContent.includes(words) === true
    while (!isOpen()) await new Promise((frame) => setTimeout(frame))
    await window.benchPainted?.()
    return performance.now() - began
  }, lastWords)
}

/** From each press of a key until its letter is painted. */
export async function keyMoments(page: Page, text: string): Promise<number[]> {
  await page.getByRole('textbox', { name: 'Message' }).focus()
  await page.evaluate(() => window.benchKeys?.splice(0))
  await page.keyboard.type(text, { delay: 60 })
  await page.waitForFunction((count) => window.benchKeys?.length === count, text.length)
  return page.evaluate(() => window.benchKeys?.splice(0) ?? [])
}
