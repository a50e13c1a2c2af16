import type { Notifications } from '../../../db/notifications.ts'
import type { Gate } from './gate.ts'

type Member = { gate: Gate; onPayload: (payload: string) => void; queue: string[] }

/** Notifications between the nodes: in the order of their commits, as late as the simulation likes, or never. */
export class Network {
  #members: Member[] = []

  /** What the database sends is on its way to every node but the one that it came from. */
  send(payload: string, from: Gate | null): void {
    for (const member of this.#members) {
      if (member.gate !== from) {
        member.queue.push(payload)
      }
    }
  }

  /** The notifications that could arrive next, one for each node. */
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
      // Nobody else is on it.
      seal: (text) => text,
      listen: ({ onTold, onState }) => {
        this.#members.push({ gate, onPayload: onTold, queue: [] })
        onState(true)
        return {
          [Symbol.asyncDispose]: async () => this.remove(gate),
        }
      },
    }
  }
}
