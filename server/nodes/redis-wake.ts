import { createClient } from '@redis/client'
import type { Wake, WakeListener } from './wake.ts'

/** A word to ourselves tells whether words arrive: so often, and so late it may be. Milliseconds. */
const PROBE_INTERVAL_MS = 1_000
const PROBE_TIMEOUT_MS = 2_000
const RECONNECT_DELAY_MS = 500
const PROBE = 'probe:'

export type RedisWakeOptions = {
  url: string
  onError(error: unknown, what: string): void
}

/** Words between nodes by a Redis server's publish and subscribe. */
export class RedisWake implements Wake {
  readonly #options: RedisWakeOptions
  readonly #publisher: ReturnType<typeof clientOf>
  readonly #subscriber: ReturnType<typeof clientOf>
  #channel = ''
  #listener: WakeListener | null = null
  #probe: { text: string; sentAt: number } | null = null
  #timer: NodeJS.Timeout | null = null
  #connecting: Promise<unknown> = Promise.resolve()
  #isTold = false
  up = false

  constructor(options: RedisWakeOptions) {
    this.#options = options
    this.#publisher = clientOf(options.url)
    this.#subscriber = clientOf(options.url)
    for (const client of [this.#publisher, this.#subscriber]) {
      client.on('error', (error: unknown) => this.#failed(error))
    }
  }

  listen(channel: string, listener: WakeListener): void {
    this.#channel = channel
    this.#listener = listener
    const connected = [this.#publisher.connect(), this.#subscriber.connect()]
    this.#connecting = Promise.all(connected)
      .then(() => this.#subscriber.subscribe(channel, (text) => this.#heard(text)))
      .then(() => this.#sendProbe())
      // Closed while it was connecting.
      .catch((error: unknown) => this.#failed(error))
    this.#timer = setInterval(() => this.#check(), PROBE_INTERVAL_MS)
  }

  async publish(text: string): Promise<void> {
    await this.#publisher.publish(this.#channel, text)
  }

  async close(): Promise<void> {
    clearInterval(this.#timer ?? undefined)
    this.#listener = null
    this.up = false
    for (const client of [this.#publisher, this.#subscriber]) {
      client.destroy()
    }
    await this.#connecting
  }

  #heard(text: string): void {
    if (text === this.#probe?.text) {
      this.#probe = null
      this.#isTold = false
      this.#set(true)
    } else if (!text.startsWith(PROBE)) {
      this.#listener?.onText(text)
    }
  }

  /** A connection that stalls says nothing by itself. */
  #check(): void {
    if (this.#probe && performance.now() - this.#probe.sentAt >= PROBE_TIMEOUT_MS) {
      this.#probe = null
      this.#failed(new Error('the Redis server of WAKE_URL does not answer'))
    }
    this.#sendProbe()
  }

  #sendProbe(): void {
    if (this.#probe || !this.#publisher.isReady || !this.#subscriber.isReady) {
      return
    }
    const probe = { text: `${PROBE}${crypto.randomUUID()}`, sentAt: performance.now() }
    this.#probe = probe
    this.publish(probe.text).catch((error: unknown) => this.#failed(error))
  }

  /** Said once for each outage. */
  #failed(error: unknown): void {
    if (!this.#listener) {
      return
    }
    this.#set(false)
    if (!this.#isTold) {
      this.#isTold = true
      this.#options.onError(error, 'nodes tell each other by Postgres while WAKE_URL fails')
    }
  }

  #set(up: boolean): void {
    if (this.up !== up) {
      this.up = up
      this.#listener?.onState(up)
    }
  }
}

function clientOf(url: string) {
  return createClient({
    url,
    // What cannot be said now is said another way.
    disableOfflineQueue: true,
    socket: { connectTimeout: PROBE_TIMEOUT_MS, reconnectStrategy: () => RECONNECT_DELAY_MS },
  })
}
