import { setTimeout as wait } from 'node:timers/promises'
import { describe, test } from 'vitest'
import { startServer, temporaryFolder } from '../../scripts/testing/server-process.ts'
import { shownAnswers } from '../support/browser/answer-record.ts'
import { conversationOn, expect, numberedWords, repeat } from '../support/browser/conversation.ts'
import { startTcpProxy } from '../support/faults/tcp-proxy.ts'
import { storedAnswer, storedTurns } from '../support/browser/stored-session.ts'
import { CONNECTION_TROUBLE, visit } from '../support/browser/visit.ts'
import { LONG_ANSWERS } from '../support/browser/world.ts'
import type { World } from '../support/browser/world.ts'

/** Faults of the network between the page and the server, and of the server. */
export function networkStories(getWorld: () => World): void {
  describe('a network', () => {
    test('that is cut for ten seconds in the middle of an answer loses and doubles nothing (P1, P2)', async () => {
      const { browser, port } = getWorld()
      const words = numberedWords(600)
      await using proxy = await startTcpProxy(port)
      await using visitor = await visit(browser, proxy.url, {
        tolerates: CONNECTION_TROUBLE,
        records: true,
      })
      const { page } = visitor
      const conversation = conversationOn(page)
      await conversation.send(repeat(words))
      await conversation.untilWords(40)
      await proxy.cut()
      await expect(conversation.connection).toHaveText('Reconnecting')
      const atCut = await conversation.text()
      // The only fixed delay of these stories: the duration of the network outage.
      await wait(10_000)
      expect(await conversation.text()).toBe(atCut)
      await proxy.mend()
      await expect(conversation.connection).toHaveText('Connected')
      await expect(page.getByText('Answer complete')).toBeAttached()
      const shown = await shownAnswers(page)
      expect(shown.every((text) => words.startsWith(text))).toBe(true)
      expect(shown.every((text, index) => text.length >= (shown[index - 1] ?? '').length)).toBe(
        true,
      )
      expect(await conversation.text()).toBe(words)
      expect(await storedAnswer(page)).toMatchObject({ status: 'completed', text: words })
    })

    test('that is off is said within a second, and what is sent meanwhile goes out exactly once', async () => {
      const { browser, url } = getWorld()
      await using visitor = await visit(browser, url, { tolerates: CONNECTION_TROUBLE })
      const { page, context } = visitor
      const conversation = conversationOn(page)
      await conversation.send('Repeat: before')
      await expect(page.getByText('Answer complete')).toBeAttached()
      const watching = await conversation.connection.evaluateHandle(watchOffline)
      await context.setOffline(true)
      expect(await watching.evaluate(({ told }) => told)).toBeLessThan(1_000)
      await expect(conversation.connection).toHaveText('Offline')
      await conversation.send('Repeat: meanwhile')
      // Nobody has taken it yet, but it is sent.
      await expect(conversation.box).toHaveValue('')
      await expect(conversation.questions.last()).toContainText(
        'Repeat: meanwhileWaiting for the connection',
      )
      await context.setOffline(false)
      await expect(conversation.connection).toHaveText('Connected')
      await expect(conversation.answer.locator('.markdown')).toHaveText('meanwhile')
      await expect(conversation.stopButton).toBeHidden()
      const said = ['Repeat: before', 'before', 'Repeat: meanwhile', 'meanwhile']
      expect(await storedTurns(page)).toEqual(said)
      await page.reload()
      await expect.poll(conversation.turns).toEqual(said)
    })
  })

  describe('a server', () => {
    test('that is killed in the middle of an answer takes back nothing that was shown, and ends it when it is back (P4, P5, P13)', async () => {
      const { browser } = getWorld()
      const words = numberedWords(200)
      await using folder = await temporaryFolder()
      const env = { DATA_DIR: folder.path, RUN_LEASE_SECONDS: '2', ...LONG_ANSWERS }
      await using killed = await startServer(env)
      await using visitor = await visit(browser, killed.url, {
        tolerates: CONNECTION_TROUBLE,
        records: true,
      })
      const { page } = visitor
      const conversation = conversationOn(page)
      await conversation.send(repeat(words))
      await conversation.untilWords(60)
      await killed.end('SIGKILL')
      await expect(conversation.connection).toHaveText('Reconnecting')
      const shown = await conversation.text()
      expect(words.startsWith(shown)).toBe(true)
      // The text stays, dimmed, until the new attempt has passed it; this is checked in every frame.
      const stays = page.waitForFunction(
        (last) => document.querySelector('[role=note]')?.parentElement?.textContent?.includes(last),
        shown.split(' ').at(-1) ?? '',
        // As long as the server takes to be back on a busy machine.
        { timeout: 120_000 },
      )
      await using _restarted = await startServer({ ...env, SERVER_PORT: String(killed.port) })
      // The more often it was refused, the longer it waits: the new attempt would be past what was seen.
      await page.evaluate(() => dispatchEvent(new Event('online')))
      await expect(conversation.connection).toHaveText('Connected')
      await expect(page.getByText('Answer complete')).toBeAttached()
      await expect(conversation.stopButton).toBeHidden()
      await stays
      await expect(page.getByRole('note')).toHaveCount(0)
      expect(await conversation.text()).toBe(words)
      expect(await storedAnswer(page)).toMatchObject({ status: 'completed', text: words })
      const all = await shownAnswers(page)
      expect(all.every((text) => words.startsWith(text))).toBe(true)
    })
  })
}

/** Runs in the page. `told` resolves with the milliseconds from the browser's going offline until the page shows it. */
function watchOffline(status: Element): { told: Promise<number> } {
  const { promise: told, resolve } = Promise.withResolvers<number>()
  window.addEventListener('offline', () => {
    const offlineAt = performance.now()
    const look = (): void => {
      if (status.textContent === 'Offline') resolve(performance.now() - offlineAt)
      else requestAnimationFrame(look)
    }
    look()
  })
  return { told }
}
