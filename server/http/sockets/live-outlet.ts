import type { Socket } from 'node:net'
import { WebSocket } from 'ws'
import type { LoggedEvent, SessionEvent } from '../../../shared/contract/events.ts'
import type { OpenLive } from './open-live.ts'
import { eventAnswer } from './watched-frame.ts'
import { isRecord } from '../../../shared/session/is-record.ts'

/** Serialized messages by list of events and watch id, shared by all readers with the same id. */
const messages = new WeakMap<readonly LoggedEvent[], Map<number, Buffer>>()

/** In the input of a watch, the id under which its answers go out. No client can send it, since JSON has no symbols. */
const ANSWER_ID = Symbol('answer id')

/** Notes in the input of a watch that was just decoded how its answers begin. */
export function noteAnswerId(watch: { id: string | number; params?: unknown }): void {
  if (typeof watch.id !== 'number' || 'jsonrpc' in watch || !isRecord(watch.params)) return
  const { input } = watch.params
  if (isRecord(input)) Object.assign(input, { [ANSWER_ID]: watch.id })
}

/** Writes to a socket what tRPC would, made once for all that are to get it. */
export function openLive(webSocket: WebSocket, socket: Socket, isFull: () => boolean): OpenLive {
  return (input, shown) => {
    const id = isRecord(input) ? Reflect.get(input, ANSWER_ID) : undefined
    if (typeof id !== 'number') return null
    return {
      get full() {
        return isFull()
      },
      send(events) {
        // Nothing may follow a close frame. `ws` does not buffer, so frames that it wrote before are out already.
        if (webSocket.readyState === WebSocket.OPEN) socket.write(messagesOf(events, id, shown))
      },
    }
  }
}

function messagesOf(
  events: readonly LoggedEvent[],
  id: number,
  shown: (event: SessionEvent) => SessionEvent,
): Buffer {
  const known = messages.get(events) ?? new Map<number, Buffer>()
  messages.set(events, known)
  const found = known.get(id)
  if (found) return found
  const made = Buffer.concat(
    events.map(({ seq, event }) => textMessage(eventAnswer(id, String(seq), shown(event)))),
  )
  known.set(id, made)
  return made
}

/** A whole text message of a server (RFC 6455, section 5.2). */
function textMessage(text: string): Buffer {
  const payload = Buffer.from(text)
  const { length } = payload
  if (length < 126) return Buffer.concat([Buffer.from([0x81, length]), payload])
  const head = Buffer.alloc(length < 65_536 ? 4 : 10)
  head[0] = 0x81
  if (length < 65_536) {
    head[1] = 126
    head.writeUInt16BE(length, 2)
  } else {
    head[1] = 127
    head.writeBigUInt64BE(BigInt(length), 2)
  }
  return Buffer.concat([head, payload])
}
