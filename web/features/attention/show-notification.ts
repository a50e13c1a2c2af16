import { basePath } from '../../base-path.ts'

/** Shows a notification of a session, which leads to it. */
export async function showNotification(
  title: string,
  options: NotificationOptions,
  session: { id: string; seq: number },
  open: (id: string) => void,
): Promise<void> {
  try {
    const shown = new Notification(title, options)
    shown.addEventListener('click', () => {
      window.focus()
      open(session.id)
      shown.close()
    })
  } catch {
    // On Android only a worker may show notifications, and it gets the click.
    const registration = await navigator.serviceWorker?.getRegistration(`${basePath}/`)
    const data = { sessionId: session.id, seq: session.seq }
    await registration?.showNotification(title, { ...options, data })
  }
}
