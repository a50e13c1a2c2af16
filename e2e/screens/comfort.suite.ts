import type { Page } from '@playwright/test'
import { describe, test } from 'vitest'
import { conversationOn, expect } from '../support/browser/conversation.ts'
import { importedSession } from '../support/browser/imported-session.ts'
import { visit } from '../support/browser/visit.ts'
import type { World } from '../support/browser/world.ts'

/** Settings of the browser and the system, and use without a mouse. */
export function comfortStories(getWorld: () => World): void {
  describe('whoever needs it', () => {
    test('zooms to 200 % without anything being cut off or scrolling sideways', async () => {
      const { browser, url } = getWorld()
      const words = 'Donaudampfschifffahrtsgesellschaftskapitän '.repeat(3)
      const wide = `| ${'Column | '.repeat(12)}\n| ${'--- | '.repeat(12)}\n| ${'word | '.repeat(12)}`
      const id = await importedSession(url, words, [words, `## ${words}\n\n${words}\n\n${wide}`])
      // A window of 1,280 by 800 pixels, twice as large: half as many, and each of two.
      const zoomed = { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 }
      await using visitor = await visit(browser, `${url}/s/${id}`, { ...zoomed, locale: 'de' })
      const { page } = visitor
      const menu = page.getByRole('main').getByRole('button', { name: 'Aktionen' })
      await expect(page.locator('.markdown table')).toBeVisible()
      expect(await cutOff(page)).toEqual([])
      const table = page.locator('.table-scroll')
      expect(await table.evaluate((one) => one.scrollWidth > one.clientWidth)).toBe(true)
      await menu.click()
      // The menu is higher than the view, and scrolls.
      await page.getByRole('menuitem').last().scrollIntoViewIfNeeded()
      await expect(page.getByRole('menuitem').last()).toBeInViewport()
      await page.keyboard.press('Escape')
      for (const path of ['/', '/settings', '/usage', '/no/such/page']) {
        await page.goto(url + path)
        await expect(page.locator('main h1')).toBeVisible()
        await expect(page.getByRole('status', { name: 'Verbindung' })).toHaveText('Verbunden')
        expect(await cutOff(page), path).toEqual([])
      }
    })

    test('skips the list, sees a ring by keyboard alone, and gets the focus back from menus', async () => {
      const { browser, url } = getWorld()
      const id = await importedSession(url, 'Rings', ['Hello', 'there'])
      await using visitor = await visit(browser, `${url}/s/${id}`)
      const { page } = visitor
      const { keyboard } = page
      const { box, answer } = conversationOn(page)
      const form = page.locator('form').filter({ has: box })
      const ring = () => form.evaluate((element) => getComputedStyle(element).borderColor)
      await expect(answer).toContainText('there')
      await box.click()
      const byMouse = await ring()
      // As for somebody who has just come to the page.
      await page.locator('body').evaluate((body) => {
        body.tabIndex = -1
        body.focus()
      })
      await keyboard.press('Tab')
      const skip = page.getByRole('button', { name: 'Skip to the page' })
      await expect(skip).toBeFocused()
      await expect(skip).toBeInViewport()
      await keyboard.press('Enter')
      await expect(box).toBeFocused()
      await expect.poll(ring).not.toBe(byMouse)
      const button = page.getByRole('main').getByRole('button', { name: 'Session actions' })
      await button.focus()
      await keyboard.press('Enter')
      await expect(page.getByRole('menuitem').first()).toBeFocused()
      await keyboard.press('Escape')
      await expect(button).toBeFocused()
      // Also when what it opened is closed, and when the row of a list is gone.
      await keyboard.press('Enter')
      const rename = page.getByRole('menuitem', { name: 'Rename' })
      while (!(await rename.evaluate((item) => item === document.activeElement))) {
        await keyboard.press('ArrowDown')
      }
      await keyboard.press('Enter')
      const dialog = page.getByRole('dialog', { name: 'Rename session' })
      await expect(dialog.getByRole('textbox')).toBeFocused()
      await keyboard.press('Escape')
      await expect(dialog).toBeHidden()
      await expect(button).toBeFocused()
      await page.goto(`${url}/settings`)
      await expect(page.getByRole('region', { name: 'Appearance' })).toBeVisible()
      await keyboard.press('Tab')
      await keyboard.press('Enter')
      await expect(page.getByRole('main')).toBeFocused()
    })

    test('hides the sessions of a wide screen, by button, key and palette, for longer than the page lasts', async () => {
      const { browser, url } = getWorld()
      await using visitor = await visit(browser, url)
      const { page } = visitor
      const list = page.getByRole('navigation', { name: 'Sessions' })
      const hide = page.getByRole('button', { name: 'Hide sessions', exact: true })
      const show = page.getByRole('button', { name: 'Show sessions', exact: true })
      await hide.click()
      await expect(list).toBeHidden()
      await expect(show).toBeFocused()
      await page.reload()
      await expect(show).toBeVisible()
      await expect(list).toBeHidden()
      await show.click()
      await expect(list).toBeVisible()
      await expect(hide).toBeFocused()
      await page.keyboard.press('Control+Shift+S')
      await expect(list).toBeHidden()
      await page.keyboard.press('Control+K')
      await page.getByRole('combobox').fill('show sessions')
      await page.keyboard.press('Enter')
      await expect(list).toBeVisible()
      // On a narrow screen the same key opens the sheet, and changes nothing of the wide one.
      await page.setViewportSize({ width: 390, height: 844 })
      await expect(list).toBeHidden()
      await page.keyboard.press('Control+Shift+S')
      await expect(page.getByRole('dialog', { name: 'Sessions' })).toBeVisible()
      await page.keyboard.press('Escape')
      await expect(page.getByRole('dialog')).toHaveCount(0)
      await page.setViewportSize({ width: 1280, height: 800 })
      await expect(list).toBeVisible()
    })

    test('has colours of their own, or no motion, and still sees the line and what is chosen', async () => {
      const { browser, url } = getWorld()
      const id = await importedSession(url, 'Colours', ['Hello', 'there $a \\neq b$'])
      const settings = { forcedColors: 'active', reducedMotion: 'reduce' } as const
      await using visitor = await visit(browser, `${url}/s/${id}`, settings)
      const { page } = visitor
      await expect(conversationOn(page).answer).toContainText('there')
      const seen = (selector: string, pseudo?: string) =>
        page
          .locator(selector)
          .first()
          .evaluate((element, of) => {
            const { backgroundColor, backgroundImage } = getComputedStyle(element, of)
            return `${backgroundColor} ${backgroundImage}`
          }, pseudo)
      expect(await seen('.line', '::before')).toContain('gradient')
      const canvas = await seen('main')
      expect((await seen('article[aria-label=Assistant] .knot')).split(' none')[0]).not.toBe(
        canvas.split(' none')[0],
      )
      const ground = page
        .locator('.katex')
        .first()
        .evaluate((one) => getComputedStyle(one).getPropertyValue('forced-color-adjust'))
      expect(await ground).toBe('none')
      const outline = (selector: string) =>
        page
          .locator(selector)
          .first()
          .evaluate((one) => getComputedStyle(one).outlineStyle)
      expect(await outline('nav a[aria-current=page]')).toBe('solid')
      await page.keyboard.press('Control+k')
      await expect(page.getByRole('option').first()).toBeVisible()
      expect(await outline('[role=option][aria-selected=true]')).toBe('solid')
      // It rises for anybody else.
      const rises = await page
        .getByRole('dialog')
        .evaluate((one) => Number.parseFloat(getComputedStyle(one).animationDuration))
      expect(rises).toBeLessThan(0.01)
      await page.keyboard.press('Escape')
      const moving = await page.evaluate(
        () =>
          document
            .getAnimations()
            .filter(({ effect }) => Number(effect?.getComputedTiming().duration) > 1).length,
      )
      expect(moving).toBe(0)
    })
  })
}

/** Runs over what is shown: texts and controls that reach beyond the window, where nothing scrolls to them. */
function cutOff(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth
    const scrolls = (element: Element | null): boolean =>
      element !== null &&
      (/auto|scroll/.test(getComputedStyle(element).overflowX) || scrolls(element.parentElement))
    const shown = [...document.querySelectorAll('main *')].filter((element) => {
      const { width: own, right, left } = element.getBoundingClientRect()
      return own > 1 && (right > width + 1 || left < -1) && !scrolls(element.parentElement)
    })
    const root = document.documentElement
    return [
      ...shown.map((element) => element.outerHTML.slice(0, 120)),
      ...(root.scrollWidth > width ? ['the page scrolls sideways'] : []),
      // Only elements within the page may scroll.
      ...(root.scrollHeight > root.clientHeight ? ['the window scrolls'] : []),
    ]
  })
}
