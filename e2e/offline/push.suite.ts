import type { CDPSession, Worker } from '@playwright/test'
import { describe, test } from 'vitest'
import { conversationOn, expect } from '../support/browser/conversation.ts'
import { startPushService } from '../support/services/push-service.ts'
import { visit } from '../support/browser/visit.ts'
import type { World } from '../support/browser/world.ts'

/** Web Push on a device with no page of the app in view. */
export function pushStories(getWorld: () => World): void {
  describe('a device with no page in view', () => {
    test('is told of an answer once, and a press on the notification leads to its session', async () => {
      const { browser, url } = getWorld()
      using service = await startPushService()
      await using visitor = await visit(browser, `${url}/settings`, {
        serviceWorkers: 'allow',
      })
      const { page, context } = visitor
      await context.addInitScript(pretendService, service.subscription)
      await page.reload()
      await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
      const [worker] = context.serviceWorkers()
      if (!worker) throw new Error('the page has no worker')
      await worker.evaluate(keepNotifications)
      await page.getByRole('button', { name: 'Turn on notifications' }).click()
      await expect(page.getByText('Also while no tab is open')).toBeVisible()
      await page.getByRole('button', { name: 'New session' }).click()
      await conversationOn(page).send('Repeat: told of')
      await expect(page).toHaveURL(/\/s\//)
      const { pathname } = new URL(page.url())
      const id = pathname.slice('/s/'.length)
      // The same person's other sessions go on beside this one.
      const ofThis = () => service.told.filter((text) => text.includes(id))
      await expect.poll(ofThis).toHaveLength(1)
      const [told = ''] = ofThis()

      const push = await pushesTo(await context.newCDPSession(page), url)
      // In view, the page says it itself.
      await push(told)
      expect(await shown(worker)).toEqual([])
      // The same as when the last tab is closed.
      await page.goto('about:blank')
      await push(told)
      await expect.poll(() => shown(worker)).toEqual(['The answer is there.'])
      expect(await worker.evaluate(press)).toEqual([pathname])
      // A push service may deliver twice or out of order: the worker knows earlier messages, also dismissed ones.
      await push(told)
      await push(JSON.stringify({ ...JSON.parse(told), seq: 1 }))
      await push(JSON.stringify({ ...JSON.parse(told), seq: 1_000_000, kind: 'waits' }))
      await expect.poll(() => shown(worker)).toEqual(['A tool waits for you.'])

      // An open page navigates by itself, and no new one is opened.
      await page.goto(`${url}/usage`)
      await expect(conversationOn(page).connection).toHaveText('Connected')
      expect(await worker.evaluate(press)).toEqual([])
      await expect(conversationOn(page).answer.locator('.markdown')).toHaveText('told of')
      expect(new URL(page.url()).pathname).toBe(pathname)
      expect(ofThis()).toHaveLength(1)
    })
  })
}

type Note = { body: string; tag: string; data: unknown }

/** Globals of a service worker, and its notifications: a browser without a window has none. */
type Scope = {
  notes: Note[]
  registration: object
  Clients: { prototype: { openWindow(url: string): Promise<null> } }
  WindowClient: { prototype: { focus(): Promise<unknown> } }
  dispatchEvent(event: Event): boolean
}

/** Runs in the worker. A notification takes the place of one with the same tag. */
function keepNotifications(): void {
  const scope = globalThis as unknown as Scope
  scope.notes = []
  Object.assign(scope.registration, {
    showNotification: async (_title: string, note: Note) => {
      scope.notes = [...scope.notes.filter(({ tag }) => tag !== note.tag), note]
    },
    getNotifications: async ({ tag }: { tag: string }) =>
      scope.notes.filter((note) => note.tag === tag),
  })
}

function shown(worker: Worker): Promise<string[]> {
  return worker.evaluate(() => (globalThis as unknown as Scope).notes.map(({ body }) => body))
}

/**
 * Runs in the worker: presses its notification.
 * @returns the addresses that a window was asked for
 */
async function press(): Promise<string[]> {
  const scope = globalThis as unknown as Scope
  const opened: string[] = []
  const work: Promise<unknown>[] = []
  // Browsers let a worker do these after the press of a real person only.
  scope.Clients.prototype.openWindow = async (url) => {
    opened.push(url)
    return null
  }
  scope.WindowClient.prototype.focus = async () => undefined
  const [note] = scope.notes
  const close = (): void => {
    scope.notes = scope.notes.filter((one) => one !== note)
  }
  const event = Object.assign(new Event('notificationclick'), {
    notification: { ...note, close },
    waitUntil: (done: Promise<unknown>) => work.push(done),
  })
  scope.dispatchEvent(event)
  await Promise.all(work)
  return opened
}

/** Runs in the page: notifications are allowed, and its push service is the one of the test. */
function pretendService(subscription: { endpoint: string; keys: object }): void {
  let isSubscribed = false
  Object.assign(globalThis, {
    Notification: { permission: 'granted', requestPermission: async () => 'granted' },
  })
  const own = { toJSON: () => subscription, unsubscribe: async () => true, options: {} }
  PushManager.prototype.subscribe = async () => {
    isSubscribed = true
    return own as unknown as PushSubscription
  }
  PushManager.prototype.getSubscription = async () =>
    isSubscribed ? (own as unknown as PushSubscription) : null
}

/** Gives messages to the worker, as a push service does through the browser. */
async function pushesTo(cdp: CDPSession, url: string): Promise<(data: string) => Promise<void>> {
  const known = Promise.withResolvers<string>()
  cdp.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
    const [own] = registrations.filter(({ scopeURL }) => scopeURL.startsWith(url))
    if (own) known.resolve(own.registrationId)
  })
  await cdp.send('ServiceWorker.enable')
  const registrationId = await known.promise
  const { origin } = new URL(url)
  return async (data) => {
    await cdp.send('ServiceWorker.deliverPushMessage', { origin, registrationId, data })
  }
}
