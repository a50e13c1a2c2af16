import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { TRPCError } from '@trpc/server'
import { TooManyRequestsError, toApiError } from '../api-error.ts'
import { Turns } from '../concurrency/turns.ts'

/** Pixels. */
export const MAX_WIDTH = 4_096
const MAX_PIXELS = 100_000_000

/** Reading a picture takes some hundred megabytes, so two are read at the same time, one of them for models. */
const forModel = new Turns(1)
const forReaders = new Turns(1)
/** The most waiting pictures of one reader; more than a page shows at once. */
const MOST_WAITING = 50

type Wanted = { width: number; height?: number }

/**
 * A picture for the model, of at most this size.
 *
 * @param open is called when it is its turn
 * @param whose the person, because people take turns
 */
export function resizeForModel(
  open: () => Promise<Readable>,
  wanted: Wanted,
  whose: string,
): Promise<Buffer> {
  return forModel.take(whose, async () => resize(await open(), wanted))
}

/**
 * A picture for a reader; null when the reader has left before its turn.
 *
 * @throws TOO_MANY_REQUESTS when too many of the reader's wait
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

/** Turns the picture upright, and removes the camera's notes, such as place and time. */
async function resize(source: Readable, { width, height }: Wanted): Promise<Buffer> {
  // It is a large library, so it is loaded on first use.
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
