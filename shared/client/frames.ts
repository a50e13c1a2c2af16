import { jsonEncoder } from '@trpc/client'
import type { Encoder } from '@trpc/client'

/** The server takes 20 queries and mutations in a frame (CONTRACT, P12). */
const MOST_IN_A_FRAME = 16

/** JSON text has none but within strings, where it is escaped. */
const BETWEEN_FRAMES = '\n'

/**
 * tRPC puts all that is asked for in one moment, or waited for a connection, into one frame. Here it becomes several,
 * joined by what `splitFrames` takes apart.
 */
export const framesEncoder: Encoder = {
  encode(data) {
    if (!Array.isArray(data)) return JSON.stringify(data)
    const messages: unknown[] = data
    const frames = []
    for (let from = 0; from < messages.length; from += MOST_IN_A_FRAME) {
      frames.push(JSON.stringify(messages.slice(from, from + MOST_IN_A_FRAME)))
    }
    return frames.join(BETWEEN_FRAMES)
  },
  decode: jsonEncoder.decode,
}

export function splitFrames(encoded: string): string[] {
  return encoded.split(BETWEEN_FRAMES)
}
