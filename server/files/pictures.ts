import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { TRPCError } from '@trpc/server'
import { Semaphore } from '../concurrency/semaphore.ts'

/** Pixels. */
export const MAX_WIDTH = 4_096
const MAX_PIXELS = 100_000_000

/** A picture takes some hundred megabytes while it is being read. */
const atOnce = new Semaphore(2)

/**
 * A picture of this width at the most, the right way up and without what its camera noted in it: no place, no time.
 *
 * @param height of the same, where it is bounded too
 */
export async function resize(source: Readable, width: number, height?: number): Promise<Buffer> {
  return atOnce.take(async () => {
    // Loaded when it is wanted, for it is a large library.
    const { default: sharp } = await import('sharp')
    try {
      return await sharp(await buffer(source), { limitInputPixels: MAX_PIXELS, failOn: 'error' })
        .autoOrient()
        .resize({ width, ...(height && { height }), fit: 'inside', withoutEnlargement: true })
        .webp({ quality: 85 })
        .toBuffer()
    } catch (cause) {
      const message = 'The picture is damaged, or too large to be made smaller.'
      throw new TRPCError({ code: 'UNPROCESSABLE_CONTENT', message, cause })
    }
  })
}
