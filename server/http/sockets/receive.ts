import type { RawData } from 'ws'
import type { OpenSocket } from './sockets.ts'

/** Commands that wait for earlier ones; past this many the client is not read until some are done. */
const MOST_WAITING = 16

/** Handles the frames one after the other, in the order of their arrival. */
export function receive(
  { webSocket, pauseReading }: OpenSocket,
  handle: (data: string, isBinary: boolean) => Promise<void>,
): void {
  let tail = Promise.resolve()
  let waiting = 0
  let pause: Disposable | null = null
  webSocket.on('message', (data: RawData, isBinary) => {
    waiting += 1
    if (waiting >= MOST_WAITING) pause ??= pauseReading()
    tail = tail
      .then(() => handle(textOf(data), isBinary))
      // A session that could not be opened is refused where it was tried.
      .catch(() => undefined)
      .finally(() => {
        waiting -= 1
        if (waiting >= MOST_WAITING) return
        pause?.[Symbol.dispose]()
        pause = null
      })
  })
}

/** `ws` delivers whole buffers by default, though its type allows more. */
function textOf(data: RawData): string {
  return Buffer.isBuffer(data) ? data.toString() : ''
}
