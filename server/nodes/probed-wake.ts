import type { Wake, WakeListener } from './wake.ts'

/**
 * A message to this node itself shows whether messages arrive: the interval of such probes, and how late one may be.
 * Milliseconds.
 */
const PROBE_INTERVAL_MS = 1_000
export const PROBE_TIMEOUT_MS = 2_000
export const RECONNECT_DELAY_MS = 500
const PROBE = 'probe:'

/** A client of a server that carries messages, such as Redis. It reconnects by itself until it is closed. */
export type Carrier = {
  /** False while a message cannot be sent to the server, or could not be received. */
  readonly isReady: boolean
  /** Called once. Resolves when it has subscribed to the channel for the first time. */
  open(channel: string, heard: CarrierListener): Promise<void>
  /** Rejects when the message was certainly not accepted; never keeps it for later. */
  publish(channel: string, text: string): Promise<void>
  close(): Promise<void>
}

export type CarrierListener = {
  onText(text: string): void
  onError(error: unknown): void
}

/**
 * Messages between nodes by a server of their own. It counts as working while this node's messages to itself arrive.
 */
export class ProbedWake implements Wake {
  readonly #carrier: Carrier
  readonly #onError: (error: unknown, what: string) => void
  #channel = ''
  #listener: WakeListener | null = null
  #probe: { text: string; sentAt: number } | null = null
  #timer: NodeJS.Timeout | null = null
  #opening: Promise<unknown> = Promise.resolve()
  #isTold = false
  up = false

  constructor(carrier: Carrier, onError: (error: unknown, what: string) => void) {
    this.#carrier = carrier
    this.#onError = onError
  }

  listen(channel: string, listener: WakeListener): void {
    this.#channel = channel
    this.#listener = listener
    const heard = {
      onText: (text: string) => this.#heard(text),
      onError: (error: unknown) => this.#failed(error),
    }
    this.#opening = this.#carrier
      .open(channel, heard)
      .then(() => this.#sendProbe())
      // It was closed while it was connecting.
      .catch((error: unknown) => this.#failed(error))
    this.#timer = setInterval(() => this.#check(), PROBE_INTERVAL_MS)
  }

  async publish(text: string): Promise<void> {
    await this.#carrier.publish(this.#channel, text)
  }

  async close(): Promise<void> {
    clearInterval(this.#timer ?? undefined)
    this.#listener = null
    this.up = false
    await this.#carrier.close()
    await this.#opening
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

  /** A stalled connection reports nothing by itself. */
  #check(): void {
    if (this.#probe && performance.now() - this.#probe.sentAt >= PROBE_TIMEOUT_MS) {
      this.#probe = null
      this.#failed(new Error('the server of WAKE_URL does not answer'))
    }
    this.#sendProbe()
  }

  #sendProbe(): void {
    if (this.#probe || !this.#carrier.isReady) {
      return
    }
    const probe = { text: `${PROBE}${crypto.randomUUID()}`, sentAt: performance.now() }
    this.#probe = probe
    this.publish(probe.text).catch((error: unknown) => this.#failed(error))
  }

  /** Reports each outage once. */
  #failed(error: unknown): void {
    if (!this.#listener) {
      return
    }
    this.#set(false)
    if (!this.#isTold) {
      this.#isTold = true
      this.#onError(error, 'nodes tell each other by Postgres while WAKE_URL fails')
    }
  }

  #set(up: boolean): void {
    if (this.up !== up) {
      this.up = up
      this.#listener?.onState(up)
    }
  }
}
