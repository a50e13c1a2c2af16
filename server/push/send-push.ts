import { lookup } from 'node:dns/promises'
import { Agent, fetch } from 'undici'
import type { DuePush } from '../../db/queries/push.ts'
import { isPublicAddress } from '../tools/fetch/public-address.ts'
import type { PushKeys } from './keys.ts'

export type PushSettings = {
  keys: PushKeys
  /** Whom a push service may ask about this server: an https address, or a mailto one. */
  subject: string
  /**
   * True lets devices have any address, where the only person is the owner of this machine. Otherwise it must be one of
   * the public internet: whoever subscribes chooses it, and the server would ask its own network for them.
   */
  anyAddress: boolean
}

/** `gone`: the service does not know the device any more. `refused`: it never takes this one. */
export type PushOutcome = 'sent' | 'gone' | 'refused' | 'later'

/** A push service keeps it this long for a device that is off. Seconds. */
const KEPT_SECONDS = 12 * 3_600
const PATIENCE_MS = 10_000

/** Gives one push to its service. What is in it only the device can read (RFC 8291). */
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

/** The request to its service; null where the keys of the device are none: not every point is one of the curve. */
async function encrypted(push: DuePush, settings: PushSettings) {
  // Its parser of keys is large, and few servers ever tell a device.
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
        // A newer one about the same session takes the place of one that waits for its device.
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

/** Connects to exactly the addresses that were looked at; null where one of them is not public. */
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
