import { basePath } from '../../base-path.ts'
import { startPush, stopPush } from './push.ts'
import { showNotification } from './show-notification.ts'
import { isAnyVisible } from './visible-tab.ts'
import type { News } from './attention.ts'
import { t } from '../../language/t.ts'
import { keepChoice, keptChoice } from '../../device/choices.ts'
import { Listeners } from '../../../shared/client/store.ts'

const KEY = 'throughline.notifications'
const listeners = new Listeners()

/** True when this browser notifies. The settings, where a person switches it on, ask for the browser's permission. */
export const notifications = {
  subscribe: listeners.add,
  state(): 'on' | 'off' | 'refused' | 'impossible' {
    if (typeof Notification === 'undefined') return 'impossible'
    if (Notification.permission === 'denied') return 'refused'
    return Notification.permission === 'granted' && isWanted() ? 'on' : 'off'
  },
  async choose(on: boolean): Promise<void> {
    if (on) await Notification.requestPermission()
    else await stopPush().catch(() => undefined)
    keepChoice(KEY, on ? 'on' : null)
    if (notifications.state() === 'on') await renewPush()
    listeners.notify()
  },
  /** True when the server sends pushes to this device while no page is open. */
  isPushed: (): boolean => isPushed,
}

let isPushed = false

/** Subscribes this device by the login of now, where a person wants to be notified. */
export async function renewPush(): Promise<void> {
  if (notifications.state() !== 'on') return
  // Without push, open pages still notify.
  isPushed = await startPush().catch(() => false)
  listeners.notify()
}

function isWanted(): boolean {
  return keptChoice(KEY) === 'on'
}

/** Notifies of an event while no tab is visible. */
export async function notify({ type, session }: News, open: (id: string) => void): Promise<void> {
  if (notifications.state() !== 'on' || document.visibilityState === 'visible') return
  if (await isAnyVisible()) return
  const title = session.title ?? 'Throughline'
  const options = {
    body: type === 'done' ? t('The answer is there.') : t('A tool waits for you.'),
    icon: `${basePath}/icon-192.png`,
    // Several tabs may notify of the same event; it is shown once.
    tag: `${session.id} ${type}`,
  }
  await showNotification(title, options, session, open)
}
