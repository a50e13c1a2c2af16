import { basePath } from '../../base-path.ts'
import { startPush, stopPush } from './push.ts'
import type { News } from './attention.ts'
import { t } from '../../language/t.ts'

const KEY = 'throughline.notifications'
/** Held by every tab that somebody looks at. */
const VISIBLE = 'throughline.visible'

const listeners = new Set<() => void>()

/** Whether this browser is to notify; a person decides it in the settings, where alone the browser's leave is asked for. */
export const notifications = {
  subscribe(listener: () => void): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
  state(): 'on' | 'off' | 'refused' | 'impossible' {
    if (typeof Notification === 'undefined') return 'impossible'
    if (Notification.permission === 'denied') return 'refused'
    return Notification.permission === 'granted' && isWanted() ? 'on' : 'off'
  },
  async choose(on: boolean): Promise<void> {
    if (on) await Notification.requestPermission()
    else await stopPush().catch(() => undefined)
    try {
      if (on) localStorage.setItem(KEY, 'on')
      else localStorage.removeItem(KEY)
    } catch {
      // Storage is blocked: without a choice that lasts there are none.
    }
    if (notifications.state() === 'on') await renewPush()
    for (const listener of listeners) listener()
  },
  /** Whether the server tells this device also while no page is open. */
  isPushed: (): boolean => isPushed,
}

let isPushed = false

/** Subscribes this device by the login of now, where a person wants to be notified. */
export async function renewPush(): Promise<void> {
  if (notifications.state() !== 'on') return
  // Without it, there are still those of open pages.
  isPushed = await startPush().catch(() => false)
  for (const listener of listeners) listener()
}

function isWanted(): boolean {
  try {
    return localStorage.getItem(KEY) === 'on'
  } catch {
    return false
  }
}

/** Tells other tabs for as long as this one is looked at. */
export function tellWhenVisible(): void {
  let release = (): void => {}
  const look = (): void => {
    release()
    if (document.visibilityState === 'hidden') return
    void navigator.locks?.request(
      VISIBLE,
      { mode: 'shared' },
      () => new Promise<void>((resolve) => (release = resolve)),
    )
  }
  document.addEventListener('visibilitychange', look)
  look()
}

/** Notifies of what happened while nobody looks at any tab. */
export async function notify({ type, session }: News, open: (id: string) => void): Promise<void> {
  if (notifications.state() !== 'on' || document.visibilityState === 'visible') return
  const locks = await navigator.locks?.query()
  if (locks?.held?.some(({ name }) => name === VISIBLE)) return
  const shown = new Notification(session.title ?? 'Throughline', {
    body: type === 'done' ? t('The answer is there.') : t('A tool waits for your approval.'),
    icon: `${basePath}/icon-192.png`,
    // Several tabs tell the same once.
    tag: `${session.id} ${type}`,
  })
  shown.addEventListener('click', () => {
    window.focus()
    open(session.id)
    shown.close()
  })
}
