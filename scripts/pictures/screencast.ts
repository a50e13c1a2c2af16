import { Buffer } from 'node:buffer'
import type { Page } from '@playwright/test'
import sharp from 'sharp'

/** One picture of a recording, and when it was taken, in milliseconds. */
type Frame = { png: Buffer; at: number }

/** Frames that come faster than this are left out. Milliseconds. */
const LEAST_MS = 100
/** A frame without changes is shown no longer than this. Milliseconds. */
const MOST_MS = 700
/** The last frame stays, before it begins anew. Milliseconds. */
const END_MS = 2_500

/**
 * Takes a picture of the page whenever it is drawn anew.
 * @returns a function that ends it and returns the pictures
 */
export async function startScreencast(page: Page): Promise<() => Promise<Frame[]>> {
  const cdp = await page.context().newCDPSession(page)
  const frames: Frame[] = []
  cdp.on('Page.screencastFrame', ({ data, metadata, sessionId }) => {
    frames.push({ png: Buffer.from(data, 'base64'), at: (metadata.timestamp ?? 0) * 1_000 })
    // Chromium waits for it before the next one; the last may come when the recording has ended.
    cdp.send('Page.screencastFrameAck', { sessionId }).catch(() => undefined)
  })
  await cdp.send('Page.startScreencast', { format: 'png' })
  return async () => {
    await cdp.send('Page.stopScreencast')
    await cdp.detach()
    return frames
  }
}

/** Selects frames, with the time that each is shown; movements keep their pace. */
export function paced(frames: readonly Frame[]): { png: Buffer; forMs: number }[] {
  const kept: Frame[] = []
  for (const frame of frames) {
    const before = kept.at(-1)
    if (before && frame.at - before.at < LEAST_MS) kept.splice(-1, 1, { ...frame, at: before.at })
    else kept.push(frame)
  }
  return kept.map(({ png, at }, index) => {
    const next = kept[index + 1]
    return { png, forMs: next ? Math.min(MOST_MS, Math.round(next.at - at)) : END_MS }
  })
}

/** Puts pictures together to one that moves (WebP), which plays for ever. */
export function animatedWebp(frames: readonly Frame[]): Promise<Buffer> {
  const shown = paced(frames)
  if (shown.length === 0) throw new Error('a recording needs a frame')
  return (
    sharp(
      shown.map(({ png }) => png),
      { join: { animated: true } },
    )
      // Lossless: unchanged areas show the frame before, and would differ in colour from the changed ones otherwise.
      .webp({ delay: shown.map(({ forMs }) => forMs), loop: 0, lossless: true, effort: 6 })
      .toBuffer()
  )
}
