import type { Notifications } from '../../../db/engine/notifications.ts'
import type { Gate } from './gate.ts'

type Member = { gate: Gate; onPayload: (payload: string) => void; queue: string[] }

/** The notifications between the nodes: in the order of their commits, with any delay, or lost. */
export class Network {
  #members: Member[] = []

  /** Sends a notification to every node except the sender. */
  send(payload: string, from: Gate | null): void {
    for (const member of this.#members) {
      if (member.gate !== from) {
        member.queue.push(payload)
      }
    }
  }

  /** The notifications that may arrive next, one for each node. */
  get arriving(): { deliver(): void; drop(): void }[] {
    return this.#members
      .filter(({ gate, queue }) => gate.state === 'open' && queue.length > 0)
      .map(({ onPayload, queue }) => ({
        deliver: () => onPayload(queue.shift() ?? ''),
        drop: () => void queue.shift(),
      }))
  }

  remove(gate: Gate): void {
    this.#members = this.#members.filter((member) => member.gate !== gate)
  }

  join(gate: Gate): Notifications {
    return {
      open: async () => undefined,
      // Notifications are not encrypted here.
      seal: (text) => text,
      unseal: (payload) => payload,
      channel: 'simulated',
      listen: ({ onNotification, onState }) => {
        this.#members.push({ gate, onPayload: onNotification, queue: [] })
        onState(true)
        return {
          [Symbol.asyncDispose]: async () => this.remove(gate),
        }
      },
    }
  }
}
