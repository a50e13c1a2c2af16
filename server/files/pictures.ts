import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { TRPCError } from '@trpc/server'
import { TooManyRequestsError, toApiError } from '../api-error.ts'
import { Turns } from '../concurrency/turns.ts'

/** Pixels. */
export const MAX_WIDTH = 4_096
const MAX_PIXELS = 100_000_000

/** A picture takes some hundred megabytes while it is being read: two are at a time, one of them for the model. */
const forModel = new Turns(1)
const forReaders = new Turns(1)
/** Of one reader; more than a page shows at once. */
const MOST_WAITING = 50

type Wanted = { width: number; height?: number }

/**
 * A picture for the model, of this size at the most.
 *
 * @param open is called when it is its turn
 * @param whose persons take turns
 */
export function resizeForModel(
  open: () => Promise<Readable>,
  wanted: Wanted,
  whose: string,
): Promise<Buffer> {
  return forModel.take(whose, async () => resize(await open(), wanted))
}

/**
 * A picture for somebody to see; null when they are gone before it is their turn.
 *
 * @throws TOO_MANY_REQUESTS when too many of theirs wait
 */
export function resizeForReader(
  open: () => Promise<Readable>,
  wanted: Wanted,
  { whose, isGone }: { whose: string; isGone: () => boolean },
): Promise<Buffer | null> {
  if (forReaders.waiting(whose) >= MOST_WAITING) {
    throw toApiError(
      new TooManyRequestsError('Too many pictures are being made smaller. Try again soon.', 5),
    )
  }
  return forReaders.take(whose, async () => (isGone() ? null : resize(await open(), wanted)))
}

/** The right way up, and without what its camera noted in it: no place, no time. */
async function resize(source: Readable, { width, height }: Wanted): Promise<Buffer> {
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
}
