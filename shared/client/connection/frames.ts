import { jsonEncoder } from '@trpc/client'
import type { Encoder } from '@trpc/client'
import { inSlices } from '../../contract/in-slices.ts'

/** The server accepts at most 20 queries and mutations in a frame (contract, P12). */
const MAX_REQUESTS_PER_FRAME = 16

/** JSON text contains a line break only inside of strings, where it is escaped. */
const BETWEEN_FRAMES = '\n'

/**
 * tRPC puts all requests of one moment, or those that waited for a connection, into one frame. This encoder makes
 * several frames of them, joined by a separator that `splitFrames` removes.
 */
export const framesEncoder: Encoder = {
  encode(data) {
    if (!Array.isArray(data)) return JSON.stringify(data)
    const messages: unknown[] = data
    return [...inSlices(messages, MAX_REQUESTS_PER_FRAME)]
      .map((slice) => JSON.stringify(slice))
      .join(BETWEEN_FRAMES)
  },
  decode: jsonEncoder.decode,
}

export function splitFrames(encoded: string): string[] {
  return encoded.split(BETWEEN_FRAMES)
}
