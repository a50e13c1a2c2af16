import { open } from 'node:fs/promises'

/** The fewest bytes that a second of a recording has, for files that do not say it. */
const LEAST = { packed: 2_000, plain: 8_000 }
/** The most bytes of a second: eight channels of 32 bits at 192 kHz. */
const MOST = 6_144_000

/** The longest duration that a recording of this length can have; a WAV file states the bytes of a second. */
export async function longestDuration(
  path: string,
  bytes: number,
  ending: string,
): Promise<number> {
  if (ending === 'wav') return bytes / ((await rateOfWav(path)) ?? LEAST.plain)
  return bytes / (ending === 'flac' ? LEAST.plain : LEAST.packed)
}

async function rateOfWav(path: string): Promise<number | null> {
  await using file = await open(path)
  const head = Buffer.alloc(32)
  const { bytesRead } = await file.read(head, 0, head.length, 0)
  const isWav =
    bytesRead === head.length &&
    head.toString('latin1', 0, 4) === 'RIFF' &&
    head.toString('latin1', 8, 16) === 'WAVEfmt '
  const rate = isWav ? head.readUInt32LE(28) : 0
  return rate > 0 && rate <= MOST ? rate : null
}
