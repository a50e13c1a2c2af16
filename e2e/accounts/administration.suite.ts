import { describe, test } from 'vitest'
import type { AccountsWorld } from '../support/browser/accounts-world.ts'
import { cleanOnBoth } from '../support/browser/axe.ts'
import { expect } from '../support/browser/conversation.ts'
import { downloaded } from '../support/browser/downloaded.ts'
import { createAccount, REFUSED, signIn } from '../support/browser/people.ts'
import { visit } from '../support/browser/visit.ts'

/** The pages of administrators, and those that links lead to. */
export function administrationStories(getWorld: () => AccountsWorld): void {
  describe('the administration', () => {
    test('an administrator invites, suspends and lets in again; others have no such page', async () => {
      const { browser, server } = getWorld()
      await using adas = await visit(browser, `${server.url}/admin`)
      const { page } = adas
      await signIn(page, 'Ada')
      await page.getByRole('button', { name: 'Invite' }).click()
      const link = (await page.getByText(/\/invite\?token=/).textContent()) ?? ''
      await cleanOnBoth(page, 'people')

      await using guests = await visit(browser, link, { tolerates: REFUSED })
      await createAccount(guests.page, 'Grace')
      await expect(guests.page.getByRole('group', { name: 'Signed in' })).toHaveText('Grace')
      await expect(guests.page.getByRole('link', { name: 'Admin' })).toHaveCount(0)
      await guests.page.goto(`${server.url}/admin`)
      await expect(guests.page.getByText('This page is for administrators')).toBeVisible()

      await page.reload()
      await page.getByRole('button', { name: 'Change Grace' }).click()
      // However long the form is.
      await expect(page.getByRole('button', { name: 'Suspend' })).toBeInViewport({ ratio: 1 })
      await cleanOnBoth(page, 'a person')
      await page.getByRole('button', { name: 'Suspend' }).click()
      await expect(guests.page.getByText('This account is suspended').first()).toBeVisible()
      await page.getByRole('button', { name: 'Let in again' }).click()
      await expect(page.getByRole('button', { name: 'Suspend' })).toBeVisible()
      await page.getByRole('button', { name: 'Close' }).click()
      for (const [part, sign] of [
        ['Usage', page.getByRole('radiogroup', { name: 'Usage by' })],
        ['Server', page.getByRole('group', { name: 'Limits in force' })],
        ['Audit log', page.getByRole('group', { name: 'Audit log' })],
      ] as const) {
        await page.getByRole('radio', { name: part }).check()
        await expect(sign).toBeVisible()
        await cleanOnBoth(page, part)
      }
      await expect(page.getByRole('group', { name: 'Audit log' })).toContainText('user suspended')
      const lines = await downloaded(page, () =>
        page.getByRole('button', { name: 'Export as JSON lines' }).click(),
      )
      const entries = lines
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
      expect(entries).toContainEqual(expect.objectContaining({ action: 'user.suspended' }))
    })

    test('has no fault that axe finds on the pages that links lead to', async () => {
      const { browser, server } = getWorld()
      await using visitor = await visit(browser, server.url)
      const { page } = visitor
      for (const path of ['/invite?token=1', '/reset?token=1', '/verify?token=1']) {
        await page.goto(server.url + path)
        await expect(page.getByRole('main').getByRole('button').first()).toBeVisible()
        await cleanOnBoth(page, path)
      }
      await page.goto(server.url)
      await page.getByRole('button', { name: 'Forgot the password?' }).click()
      await expect(page.getByText('This server sends no mail.')).toBeVisible()
      await cleanOnBoth(page, 'forgot')
    })
  })
}
