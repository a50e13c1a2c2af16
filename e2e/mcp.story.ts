import { chromium } from '@playwright/test'
import { inject, test } from 'vitest'
import { startServer } from '../scripts/testing/server-process.ts'
import { everythingServer, hostileServer, mcpConfigFile } from '../server/mcp/testing/servers.ts'
import { conversationOn, expect } from './support/browser/conversation.ts'
import { visit } from './support/browser/visit.ts'

test('tools of MCP servers run, ask, fail, get lost and come back, and the app shows it all without a reload', async () => {
  const { executablePath, args } = inject('chromium')
  await using file = await mcpConfigFile([everythingServer(), hostileServer()])
  await using server = await startServer({ DATA_DIR: 'memory:', MCP_CONFIG: file.path })
  await using browser = await chromium.launch({ executablePath, args })
  const offered = async () => (await fetch(`${server.url}/api/tools`)).text()
  await expect.poll(offered).toContain('everything__get-sum')
  await expect.poll(offered).toContain('hostile__die')

  await using visitor = await visit(browser, server.url)
  const { page } = visitor
  const conversation = conversationOn(page)
  const use = async (tool: string, input: unknown = {}) => {
    await conversation.send(`Use ${tool} with ${JSON.stringify(input)}`)
    return conversation.answer.getByRole('group', { name: `Tool ${tool}` })
  }
  const answered = async () => {
    await expect(page.getByText('Answer complete')).toBeAttached()
    await expect(conversation.stopButton).toBeHidden()
  }

  const picture = await use('everything__get-tiny-image')
  const image = picture.getByRole('img')
  await expect(image).toBeVisible()
  await expect
    .poll(() => image.evaluate((element) => Object(element).naturalWidth))
    .toBeGreaterThan(0)
  await answered()

  const long = await use('everything__trigger-long-running-operation', { duration: 3, steps: 6 })
  const bar = long.getByRole('progressbar')
  await expect(bar).toBeVisible()
  await expect(bar).toHaveAttribute('aria-valuenow', /^(33|50|66|83)$/)
  await expect(long).toContainText(/Done\s*\d+(\.\d)? s/)
  await expect(bar).toBeHidden()
  await answered()

  const write = await use('hostile__write', { letter: 'A' })
  await expect(write).toContainText('Waiting for approval')
  await expect(write).toContainText('write of hostile')
  // By keyboard, and once for both tabs.
  const beside = conversationOn(await visitor.openTab(page.url()))
  const theirs = beside.answer.getByRole('group', { name: 'Tool hostile__write' })
  await expect(theirs).toContainText('Waiting for approval')
  await page.bringToFront()
  await write.getByRole('button', { name: 'Approve' }).focus()
  await page.keyboard.press('Enter')
  await expect(write).toContainText('written')
  await expect(theirs).toContainText('Done')
  await expect(theirs.getByRole('button', { name: 'Approve' })).toHaveCount(0)
  await beside.page.close()
  await answered()

  const other = await use('hostile__write', { letter: 'B' })
  await expect(other).toContainText('Waiting for approval')
  // There is nothing to send, and nothing is denied for it.
  await conversation.box.press('Alt+Enter')
  await conversation.box.fill('  ')
  await conversation.box.press('Alt+Enter')
  await conversation.box.fill('Repeat: leave it')
  await expect(other).toContainText('Waiting for approval')
  await page.getByRole('button', { name: 'Deny and send' }).click()
  await expect(other).toContainText('Denied')
  await expect(
    conversation.answer.getByRole('article', { name: 'You' }).or(conversation.questions.last()),
  ).toContainText('leave it')
  await answered()

  const fail = await use('hostile__fail')
  await expect(fail).toContainText('Failed')
  await expect(fail).toContainText('such thing')
  await answered()

  const die = await use('hostile__die')
  await die.getByRole('button', { name: 'Approve' }).click()
  await expect(die).toContainText('Outcome unknown')
  await answered()
  await expect.poll(offered).toContain('hostile__echo')
  const echo = await use('hostile__echo', { again: true })
  await expect(echo).toContainText('Done')
  // The call's output is shown when its line is opened.
  const said = echo.locator('footer')
  await expect(said).toBeHidden()
  await echo.getByText('Done').click()
  await expect(said).toBeVisible()
  await answered()
})
