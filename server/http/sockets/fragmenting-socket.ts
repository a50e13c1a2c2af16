import { WebSocket } from 'ws'

/** P12: the most of one frame that the server sends. Bytes. */
export const MAX_FRAME_BYTES = 1024 * 1024

/** UTF-8, for one UTF-16 unit. */
const MOST_BYTES_A_UNIT = 3

type Data = Parameters<WebSocket['send']>[0]
type Options = Parameters<WebSocket['send']>[1]
type Done = (error?: Error) => void

/**
 * Sends a text above the bound in several frames (RFC 6455, section 5.4), which the other side puts together: the
 * answer to a query is one message, and one message of an imported conversation may be longer than a frame.
 */
export class FragmentingSocket extends WebSocket {
  override send(data: Data, done?: Done): void
  override send(data: Data, options: Options, done?: Done): void
  override send(data: Data, second?: Options | Done, third?: Done): void {
    const options = typeof second === 'function' ? {} : (second ?? {})
    const done = typeof second === 'function' ? second : third
    if (typeof data !== 'string' || data.length * MOST_BYTES_A_UNIT <= MAX_FRAME_BYTES) {
      return super.send(data, options, done)
    }
    const bytes = Buffer.from(data)
    for (let start = 0; start < bytes.length; start += MAX_FRAME_BYTES) {
      const end = Math.min(start + MAX_FRAME_BYTES, bytes.length)
      const fin = end === bytes.length
      super.send(bytes.subarray(start, end), { binary: false, fin }, fin ? done : undefined)
    }
  }
}
