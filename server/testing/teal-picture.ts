import sharp from 'sharp'

/** A PNG of one colour. */
export async function tealPicture(width = 32, height = 16): Promise<Uint8Array<ArrayBuffer>> {
  const image = sharp({ create: { width, height, channels: 3, background: 'teal' } })
  return new Uint8Array(await image.png().toBuffer())
}
