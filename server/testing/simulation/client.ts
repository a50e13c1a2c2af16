import type { LoggedEvent } from '../../../shared/contract/events.ts'
import type { SessionId, UserId } from '../../../shared/contract/ids.ts'
import { fold } from '../../../shared/session/fold.ts'
import type { SessionState } from '../../../shared/session/fold.ts'
import type { LiveOutlet } from '../../log/reading/live-outlet.ts'
import type { LogReader } from '../../log/reading/reader.ts'
import { isSimulated } from './gate.ts'
import { BrokenPromise } from './broken-promise.ts'
import type { SimulatedNode } from './simulated-node.ts'

export type Attachment = {
  nodeId: string
  leave: AbortController
  /** The cursor of the watch; null until something has arrived. */
  after: number | null
  first: boolean
}

/** A reader's tab: it watches one session on any node, disconnects, reconnects and keeps its state. */
export class Client {
  readonly sessionId: SessionId
  readonly #onBroken: (error: unknown) => void
  readonly #hasOutlet: boolean
  state: SessionState | null = null
  attachment: Attachment | null = null
  /** Its earlier states: cursors to resume from. */
  readonly past: SessionState[] = []
  #paused = false
  #resume = () => {}

  /** @param hasOutlet true for a reader that gets events directly while it is up to date */
  constructor(sessionId: SessionId, hasOutlet: boolean, onBroken: (error: unknown) => void) {
    this.sessionId = sessionId
    this.#hasOutlet = hasOutlet
    this.#onBroken = onBroken
  }

  get paused(): boolean {
    return this.#paused
  }

  /**
   * @param userId who reads: the person who owns the session now
   * @param after the cursor to resume from, when it is not that of `from`
   */
  attach(
    { reader, gate: { nodeId } }: Pick<SimulatedNode, 'reader' | 'gate'>,
    userId: UserId,
    from: SessionState | null,
    after = from?.seq ?? null,
  ): void {
    this.detach()
    this.state = from
    const attachment = { nodeId, leave: new AbortController(), after, first: true }
    this.attachment = attachment
    this.#read(attachment, reader, userId).catch((error: unknown) => {
      if (this.attachment === attachment) {
        this.attachment = null
        if (!isSimulated(error)) {
          this.#onBroken(error)
        }
      }
    })
  }

  detach(): void {
    this.attachment?.leave.abort()
    this.attachment = null
    this.unpause()
  }

  /** Stops receiving for a while. */
  pause(): void {
    this.#paused = true
  }

  unpause(): void {
    this.#paused = false
    this.#resume()
  }

  async #read(attachment: Attachment, reader: LogReader, userId: UserId): Promise<void> {
    const { leave, after } = attachment
    const events = reader.follow({
      sessionId: this.sessionId,
      userId,
      after,
      signal: leave.signal,
      drained: () => this.#drained(leave.signal),
      ...(this.#hasOutlet && { live: this.#outletOf(attachment) }),
    })
    for await (const event of events) {
      if (this.attachment !== attachment) {
        return
      }
      this.#take(attachment, event)
    }
    if (!leave.signal.aborted) {
      throw new BrokenPromise('P4', 'a reader was ended')
    }
  }

  #outletOf(attachment: Attachment): LiveOutlet {
    const isFull = () => this.#paused
    return {
      get full() {
        return isFull()
      },
      send: (events) => {
        try {
          if (this.attachment === attachment) {
            events.forEach((event) => this.#take(attachment, event))
          }
        } catch (error) {
          this.#onBroken(error)
        }
      },
    }
  }

  #take(attachment: Attachment, logged: LoggedEvent): void {
    const { seq, event } = logged
    const isSnapshot = event.type === 'snapshot'
    const place = attachment.first && isSnapshot ? -1 : (this.state?.seq ?? -1)
    if (attachment.first && !isSnapshot && attachment.after !== this.state?.seq) {
      throw new BrokenPromise('P3', `the cursor ${attachment.after} was answered by ${event.type}`)
    }
    if (seq <= place) {
      throw new BrokenPromise('P1', `a reader at ${place} got ${seq}`)
    }
    attachment.first = false
    this.state = fold(this.state, logged)
    this.past.push(this.state)
  }

  async #drained(signal: AbortSignal): Promise<void> {
    while (this.#paused && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#resume = resolve
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
    }
  }
}
