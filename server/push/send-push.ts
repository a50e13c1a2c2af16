import { lookup } from 'node:dns/promises'
import { Agent, fetch } from 'undici'
import type { DuePush } from '../../db/queries/push.ts'
import { isPublicAddress } from '../tools/fetch/public-address.ts'
import type { PushKeys } from './keys.ts'

export type PushSettings = {
  keys: PushKeys
  /** The contact for push services: an https or a mailto address. */
  subject: string
  /**
   * True lets devices have any address, on a server whose only person owns the machine. Otherwise the address must be
   * public: the person chooses it, and the server would send requests into its own network.
   */
  anyAddress: boolean
}

/** `gone`: the service does not know the device any more. `refused`: it never accepts this notification. */
export type PushOutcome = 'sent' | 'gone' | 'refused' | 'later'

/** A push service keeps a notification this long for a device that is off. Seconds. */
const KEPT_SECONDS = 12 * 3_600
const PATIENCE_MS = 10_000

/** Sends one notification to its service. Only the device can read it (RFC 8291). */
export async function sendPush(push: DuePush, settings: PushSettings): Promise<PushOutcome> {
  const target = URL.parse(push.endpoint)
  if (!target || !isAllowed(target, settings.anyAddress)) return 'refused'
  const request = await encrypted(push, settings)
  if (request === null) return 'refused'
  const agent = await agentFor(target, settings.anyAddress)
  if (agent === null) return 'refused'
  try {
    const { 'Content-Length': _length, ...headers } = request.headers
    const response = await fetch(target, {
      method: 'POST',
      headers: Object.entries(headers).map(
        ([name, value]) => [name, String(value)] as [string, string],
      ),
      body: request.body,
      redirect: 'manual',
      dispatcher: agent,
      signal: AbortSignal.timeout(PATIENCE_MS),
    })
    await response.body?.cancel()
    return outcomeOf(response.status)
  } catch {
    return 'later'
  } finally {
    await agent.destroy()
  }
}

/** The request to its service; null when the device's keys are invalid, because not every point is on the curve. */
async function encrypted(push: DuePush, settings: PushSettings) {
  // The library's parser of keys is large, and few servers ever send notifications, so it is loaded on first use.
  const { default: webPush } = await import('web-push')
  const { sessionId, seq, kind, title, endpoint, p256dh, auth } = push
  try {
    return webPush.generateRequestDetails(
      { endpoint, keys: { p256dh, auth } },
      JSON.stringify({ sessionId, seq, kind, title }),
      {
        vapidDetails: { subject: settings.subject, ...settings.keys },
        TTL: KEPT_SECONDS,
        urgency: 'high',
        // A newer notification about the same session replaces one that waits for its device.
        topic: sessionId.replaceAll('-', ''),
      },
    )
  } catch {
    return null
  }
}

function isAllowed({ protocol, username, password }: URL, anyAddress: boolean): boolean {
  if (username !== '' || password !== '') return false
  return protocol === 'https:' || (anyAddress && protocol === 'http:')
}

/** Connects to exactly the addresses that were checked; null when one of them is not public. */
async function agentFor({ hostname }: URL, anyAddress: boolean): Promise<Agent | null> {
  if (anyAddress) return new Agent()
  const addresses = await lookup(hostname.replace(/^\[(.*)\]$/, '$1'), { all: true }).catch(
    () => [],
  )
  if (!addresses.every(({ address }) => isPublicAddress(address))) return null
  return new Agent({
    connect: { lookup: (_hostname, _options, callback) => callback(null, addresses) },
  })
}

function outcomeOf(status: number): PushOutcome {
  if (status >= 200 && status < 300) return 'sent'
  if (status === 404 || status === 410) return 'gone'
  return status === 408 || status === 429 || status >= 500 ? 'later' : 'refused'
}
