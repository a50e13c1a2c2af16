import type { Locator, Page } from '@playwright/test'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { conversationOn, expect, numberedWords, repeat } from './support/browser/conversation.ts'
import { importedSession } from './support/browser/imported-session.ts'
import { visit } from './support/browser/visit.ts'
import { openWorld } from './support/browser/world.ts'
import type { World } from './support/browser/world.ts'

/** Paragraphs enough for many screens. */
const LONG = Array.from({ length: 150 }, () => numberedWords(12)).join('\n\n')
const VIEWPORT = { width: 1000, height: 600 }

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world[Symbol.asyncDispose]())

/** The distance from the bottom of the view to the end of the conversation. Pixels. */
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

/** Runs in the page: selects a message, whose row stays in the page then. */
function select(message: HTMLElement | SVGElement): void {
  document.getSelection()?.selectAllChildren(message)
}

/**
 * Runs in the page: moves a finger, which scrolls a little, and then makes a row above the view higher. The list
 * scrolls by as much when it measures that row, after the finger.
 */
async function touchAndHeighten(log: HTMLElement | SVGElement): Promise<void> {
  const scrolled = new Promise((resolve) => {
    log.addEventListener('scroll', resolve, { once: true })
  })
  log.dispatchEvent(new Event('touchmove'))
  log.scrollTop -= 2
  await scrolled
  const above = log.querySelector<HTMLElement>('[data-turn]')
  if (!above) throw new Error('No row stayed')
  const top = log.scrollTop
  above.style.paddingBottom = '40px'
  const frame = (): Promise<number> => new Promise(requestAnimationFrame)
  for (let frames = 0; log.scrollTop < top + 40; frames += 1) {
    if (frames === 600) throw new Error('The list did not scroll by what a row above the view grew')
    await frame()
  }
}

type Noting = typeof globalThis & { animated: number; asked: string[] }

/** Runs in the page: counts what scrolls by animation. */
function noteAnimated(): void {
  const page = globalThis as Noting
  page.animated = 0
  for (const name of ['scroll', 'scrollTo', 'scrollBy', 'scrollIntoView'] as const) {
    const scroll = Element.prototype[name] as (...given: unknown[]) => void
    Element.prototype[name] = function (this: Element, ...given: unknown[]) {
      if (JSON.stringify(given).includes('smooth')) page.animated += 1
      scroll.apply(this, given)
    }
  }
}

/** Runs in the page: notes what it asks of the server. */
function noteAsked(): void {
  const page = globalThis as Noting
  page.asked = []
  const send = WebSocket.prototype.send
  WebSocket.prototype.send = function (this: WebSocket, data: string) {
    page.asked.push(data)
    send.call(this, data)
  }
}

describe('scrolling', () => {
  test('follows a growing answer, stops at once for whoever scrolls up, and goes on only at the end', async () => {
    const { browser, url } = world
    await using visitor = await visit(browser, url, { viewport: VIEWPORT })
    const { page } = visitor
    const conversation = conversationOn(page)
    const { log, stopButton } = conversation
    const jump = page.getByRole('button', { name: 'Jump to latest' })
    await page.evaluate(noteAnimated)

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
    await expect.poll(() => distance(log)).toBeLessThan(80)
    await untilGrown(log)
    await expect.poll(() => distance(log)).toBeLessThan(80)

    // Near the end one still reads along, such as with the scroll bar held a little above it.
    await log.evaluate((element) => element.scrollBy(0, -60))
    await untilGrown(log)
    await expect.poll(() => distance(log)).toBeLessThan(20)
    await expect(jump).toBeHidden()

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
    await expect.poll(() => distance(log)).toBeLessThan(80)

    await log.press('PageUp')
    await expect(jump).toBeVisible()
    await jump.click()
    await expect(jump).toBeHidden()
    // A finger that moves a little is enough, and each growth is followed at once: nothing scrolls by animation.
    await expect(log).toHaveCSS('scroll-behavior', 'auto')
    expect(await page.evaluate(() => (globalThis as Noting).animated)).toBe(0)
    await log.press('Home')
    await conversation.questions.filter({ hasText: 'short' }).evaluate(select)
    await log.press('End')
    await expect.poll(() => distance(log)).toBeLessThan(80)
    await log.evaluate(touchAndHeighten)
    const touched = await top(log)
    await untilGrown(log)
    expect(await top(log)).toBe(touched)
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

  test('leads to a message and lets go at once, also while an answer grows with each frame', async () => {
    const { browser, url } = world
    const texts = Array.from({ length: 60 }, (_, index) => `Message number ${index}`)
    const id = await importedSession(url, 'Led and left', texts)
    await using visitor = await visit(browser, `${url}/s/${id}`, { viewport: VIEWPORT })
    const { page } = visitor
    const conversation = conversationOn(page)
    const { log, stopButton } = conversation
    await conversation.send(repeat(numberedWords(900).replaceAll(' ', '\n\n')))
    await untilGrown(log)
    await page.keyboard.press('Control+f')
    await page.getByRole('searchbox', { name: 'Find in this session' }).fill('Message number 12')
    await expect(log.getByText('Message number 12', { exact: true })).toBeInViewport()
    // The row is measured, and its message is in the middle.
    await untilGrown(log)
    const led = await top(log)
    await wheel(page, log, -150)
    await expect.poll(() => top(log)).toBe(led - 150)
    await untilGrown(log)
    await untilGrown(log)
    expect(await top(log)).toBe(led - 150)
    await stopButton.click()
    await expect(stopButton).toBeHidden()
  })

  test('stays where it is while a box within a message is scrolled by keys', async () => {
    const { browser, url } = world
    await using visitor = await visit(browser, url, { viewport: VIEWPORT })
    const { page } = visitor
    const conversation = conversationOn(page)
    const { log } = conversation
    await conversation.send('What are the system metrics?')
    await expect(page.getByText('Answer complete')).toBeAttached()
    await conversation.send(repeat(numberedWords(200).replaceAll(' ', '\n\n')))
    await expect(conversation.answer).toContainText('word200')
    await expect(conversation.stopButton).toBeHidden()
    await log.press('Home')
    const card = log.getByRole('group', { name: 'Tool get_system_metrics' })
    await card.locator('summary').last().click()
    const output = card.locator('pre').last()
    await output.evaluate((box) => {
      box.style.maxHeight = '60px'
    })
    await output.focus()
    const at = await top(log)
    const inner = () => output.evaluate((box) => box.scrollTop)
    for (const [key, isMoved] of [
      ...([
        ['End', true],
        ['End', true],
        ['PageDown', true],
        ['ArrowDown', true],
      ] as const),
      ...([
        ['Home', false],
        ['Home', false],
        ['PageUp', false],
        ['ArrowUp', false],
      ] as const),
    ]) {
      await output.press(key)
      await expect.poll(async () => (await inner()) > 0).toBe(isMoved)
      expect(await top(log)).toBe(at)
    }
  })

  test('loads earlier messages without moving what is read, keeps the place of a session, and keeps what is typed in it', async () => {
    const { browser, url } = world
    const texts = Array.from({ length: 260 }, (_, index) => `Message number ${index}`)
    const id = await importedSession(url, 'A long way', texts)
    const elsewhere = await importedSession(url, 'Elsewhere', ['Hello', 'there'])
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

    // Another session and back. It is asked for when its row is pressed, before the press has ended.
    await page.evaluate(noteAsked)
    await page.getByRole('link', { name: 'Elsewhere', exact: true }).hover()
    await page.mouse.down()
    await expect
      .poll(() => page.evaluate(() => (globalThis as Noting).asked.join()))
      .toContain(elsewhere)
    await page.mouse.up()
    await expect(log.getByText('there', { exact: true })).toBeVisible()
    await page.getByRole('link', { name: 'A long way', exact: true }).click()
    await expect.poll(() => topOf(seen)).toBeCloseTo(before.y, 0)
    // Also after a reload, when the earlier messages are not there yet.
    const [read = 0] = await log.getByRole('article').evaluateAll((articles) =>
      articles.flatMap((article) => {
        const isInView = article.getBoundingClientRect().top > 100
        return isInView ? [Number(/\d+/.exec(article.textContent)?.[0])] : []
      }),
    )
    const place = await topOf(number(read))
    await page.reload()
    await expect.poll(() => topOf(number(read))).toBeCloseTo(place, 0)
    await log.press('End')
    await expect(number(259)).toBeInViewport()
    await page.reload()
    await expect(number(259)).toBeInViewport()
    await log.evaluate((element) => element.scrollTo(0, 900))
    for (let pages = 0; pages < 5 && !(await seen.isVisible()); pages += 1) {
      await wheel(page, log, -600)
      await expect.poll(() => top(log)).toBeGreaterThan(0)
    }
    await expect(seen).toBeVisible()

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
