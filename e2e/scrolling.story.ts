import type { Locator, Page } from '@playwright/test'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { conversationOn, expect, numberedWords, repeat } from './support/conversation.ts'
import { importedSession } from './support/imported-session.ts'
import { visit } from './support/visit.ts'
import { openWorld } from './support/world.ts'
import type { World } from './support/world.ts'

/** Paragraphs enough for many screens. */
const LONG = Array.from({ length: 150 }, () => numberedWords(12)).join('\n\n')
const VIEWPORT = { width: 1000, height: 600 }

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world[Symbol.asyncDispose]())

/** How far the end of the conversation is below the view. Pixels. */
const distance = (log: Locator): Promise<number> =>
  log.evaluate((element) => element.scrollHeight - element.scrollTop - element.clientHeight)
const height = (log: Locator): Promise<number> => log.evaluate((element) => element.scrollHeight)
const top = (log: Locator): Promise<number> => log.evaluate((element) => element.scrollTop)
const topOf = async (message: Locator): Promise<number> => (await message.boundingBox())?.y ?? NaN

async function wheel(page: Page, log: Locator, pixels: number): Promise<void> {
  await log.hover()
  await page.mouse.wheel(0, pixels)
}

/** Resolves when the answer has grown by some lines. */
async function untilGrown(log: Locator): Promise<void> {
  const before = await height(log)
  await expect.poll(() => height(log)).toBeGreaterThan(before + 120)
}

describe('scrolling', () => {
  test('follows a growing answer, stops at once for whoever scrolls up, and goes on only at the end', async () => {
    const { browser, url } = world
    await using visitor = await visit(browser, url, { viewport: VIEWPORT })
    const { page } = visitor
    const conversation = conversationOn(page)
    const { log, stopButton } = conversation
    const jump = page.getByRole('button', { name: 'Jump to latest' })

    await conversation.send('Repeat: short')
    await expect(page.getByText('Answer complete')).toBeAttached()
    // A sent message stands near the top, and a short answer moves nothing.
    await conversation.send('Repeat: again')
    const question = conversation.questions.last()
    await expect(conversation.answer.locator('.markdown')).toHaveText('again')
    await expect(stopButton).toBeHidden()
    const near = (await topOf(question)) - (await topOf(log))
    expect(Math.abs(near)).toBeLessThan(40)

    await conversation.send(repeat(LONG))
    await expect.poll(() => height(log)).toBeGreaterThan(1500)
    await expect(jump).toBeHidden()
    expect(await distance(log)).toBeLessThan(80)
    await untilGrown(log)
    expect(await distance(log)).toBeLessThan(80)

    await wheel(page, log, -300)
    await expect(jump).toBeVisible()
    const left = await top(log)
    await untilGrown(log)
    expect(await top(log)).toBe(left)
    // Down again, but not to the end.
    await wheel(page, log, 60)
    await expect.poll(() => top(log)).toBe(left + 60)
    await untilGrown(log)
    expect(await top(log)).toBe(left + 60)
    await jump.click()
    await expect(jump).toBeHidden()
    await untilGrown(log)
    expect(await distance(log)).toBeLessThan(80)

    await log.press('PageUp')
    await expect(jump).toBeVisible()
    await log.press('End')
    await expect.poll(() => distance(log)).toBeLessThan(80)
    await stopButton.click()
    await expect(stopButton).toBeHidden()
  })

  test('is not moved by what another tab sends; the button counts it', async () => {
    const { browser, url } = world
    const texts = Array.from({ length: 40 }, (_, index) => `Message number ${index}`)
    const id = await importedSession(url, 'Two tabs', texts)
    await using visitor = await visit(browser, `${url}/s/${id}`, { viewport: VIEWPORT })
    const { page } = visitor
    const { log } = conversationOn(page)
    await expect(log.getByText('Message number 39', { exact: true })).toBeInViewport()
    await wheel(page, log, -900)
    await expect(page.getByRole('button', { name: 'Jump to latest' })).toHaveText('Latest')
    const seen = log.getByText('Message number 20', { exact: true })
    const before = await topOf(seen)

    const other = conversationOn(await visitor.openTab(`/s/${id}`))
    await other.send('Repeat: from the other tab')
    await expect(other.answer.locator('.markdown')).toHaveText('from the other tab')
    await expect(page.getByRole('button', { name: 'Jump to latest' })).toHaveText('2 new')
    expect(await topOf(seen)).toBe(before)

    // A button takes a press also while the view still scrolls.
    const mine = log.getByRole('article', { name: 'You' }).filter({ hasText: 'Message number 20' })
    await mine.hover()
    await mine.getByRole('button', { name: 'Edit' }).hover()
    await log.evaluate((element) => {
      const scrolled = new Promise((resolve) => {
        element.addEventListener('scroll', resolve, { once: true })
      })
      element.scrollBy(0, -4)
      return scrolled
    })
    await page.mouse.down()
    await page.mouse.up()
    await expect(log.getByRole('textbox', { name: 'Edited text' })).toBeVisible()
  })

  test('loads earlier messages without moving what is read, keeps the place of a session, and keeps what is typed in it', async () => {
    const { browser, url } = world
    const texts = Array.from({ length: 260 }, (_, index) => `Message number ${index}`)
    const id = await importedSession(url, 'A long way', texts)
    await importedSession(url, 'Elsewhere', ['Hello', 'there'])
    await using visitor = await visit(browser, `${url}/s/${id}`, { viewport: VIEWPORT })
    const { page } = visitor
    const { log } = conversationOn(page)
    await expect(log.getByText('Message number 259', { exact: true })).toBeInViewport()
    const number = (index: number) => log.getByText(`Message number ${index}`, { exact: true })

    await log.evaluate((element) => element.scrollTo(0, 900))
    const seen = number(170)
    // In one step, before the server can have answered.
    const before = await seen.evaluate((element) => {
      const scrolled = element.closest('[role=log]')
      scrolled?.scrollTo(0, 590)
      return { y: element.getBoundingClientRect().y, height: scrolled?.scrollHeight ?? 0 }
    })
    await expect.poll(() => height(log)).toBeGreaterThan(before.height + 1000)
    expect(Math.abs((await topOf(seen)) - before.y)).toBeLessThanOrEqual(1)

    // Another session and back.
    await page.getByRole('link', { name: 'Elsewhere', exact: true }).click()
    await expect(log.getByText('there', { exact: true })).toBeVisible()
    await page.getByRole('link', { name: 'A long way', exact: true }).click()
    await expect.poll(() => topOf(seen)).toBeCloseTo(before.y, 0)

    // An editor stays in the page, wherever one scrolls to.
    const mine = log.getByRole('article', { name: 'You' }).filter({ hasText: 'Message number 170' })
    await mine.hover()
    await mine.getByRole('button', { name: 'Edit' }).click()
    await page.keyboard.type(' and more')
    const editor = log.getByRole('textbox', { name: 'Edited text' })
    const from = await top(log)
    for (let times = 0; times < 4; times += 1) await wheel(page, log, 900)
    await expect.poll(() => top(log)).toBeGreaterThan(from + 2 * VIEWPORT.height)
    await expect(editor).not.toBeInViewport()
    await page.keyboard.type(' of it')
    await expect(editor).toHaveValue('Message number 170 and more of it')
  })
})
