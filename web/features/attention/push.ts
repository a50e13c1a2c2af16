import { basePath } from '../../base-path.ts'
import { client } from '../../client.ts'

/** True when this browser can receive pushes. */
function canPush(): boolean {
  return 'serviceWorker' in navigator && 'PushManager' in globalThis
}

/**
 * Lets the server tell this device, by the login of now; done again it is the same device.
 * @returns false where the browser does not do it
 */
export async function startPush(): Promise<boolean> {
  const pushes = (await registration())?.pushManager
  if (!pushes) return false
  const { publicKey } = await client.api.push.key.query()
  const subscription =
    (await ownSubscription(pushes, publicKey)) ??
    (await pushes.subscribe({ userVisibleOnly: true, applicationServerKey: publicKey }))
  const { endpoint, keys } = subscription.toJSON()
  if (!endpoint || !keys?.['p256dh'] || !keys['auth']) return false
  const { p256dh, auth } = keys
  await client.api.push.subscribe.mutate({ endpoint, keys: { p256dh, auth } })
  return true
}

/** Unsubscribes this device. The server deletes its record with the login, or at its next failed push. */
export async function stopPush(): Promise<void> {
  const endpoint = await endPush()
  if (endpoint === null) return
  await client.api.push.unsubscribe.mutate({ endpoint }).catch(() => undefined)
}

/**
 * Unsubscribes in this browser only, for a person who has signed out.
 *
 * @returns the device's address; null when it was not subscribed
 */
export async function endPush(): Promise<string | null> {
  const subscription = await (await registration())?.pushManager?.getSubscription()
  if (!subscription) return null
  await subscription.unsubscribe()
  return subscription.endpoint
}

async function registration(): Promise<ServiceWorkerRegistration | undefined> {
  return canPush() ? navigator.serviceWorker.getRegistration(`${basePath}/`) : undefined
}

/** The existing subscription; null when there is none, or it was made for another server's key and is of no use. */
async function ownSubscription(
  pushes: PushManager,
  publicKey: string,
): Promise<PushSubscription | null> {
  const subscription = await pushes.getSubscription()
  const key = subscription?.options.applicationServerKey
  if (!subscription || !key) return subscription
  const written = btoa(String.fromCharCode(...new Uint8Array(key)))
  const isOwn = written.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '') === publicKey
  if (!isOwn) await subscription.unsubscribe()
  return isOwn ? subscription : null
}
