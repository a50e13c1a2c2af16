import { inflateRawSync } from 'node:zlib'
import { ThreadRefusal } from '../../concurrency/threads.ts'

const END = 0x06054b50
const ENTRY = 0x02014b50

/**
 * Refuses an archive that unpacks to more than `most` bytes. Each entry is unpacked up to the rest of the limit,
 * because the sizes in an archive may be wrong.
 */
export function refuseZipBomb(archive: Buffer, most: number): void {
  const end = archive.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]))
  if (end < 0 || end + 20 > archive.length || archive.readUInt32LE(end) !== END) throw broken()
  let left = most
  let at = archive.readUInt32LE(end + 16)
  for (let entry = archive.readUInt16LE(end + 10); entry > 0; entry -= 1) {
    if (at + 46 > archive.length || archive.readUInt32LE(at) !== ENTRY) throw broken()
    const method = archive.readUInt16LE(at + 10)
    const packed = archive.readUInt32LE(at + 20)
    const header = archive.readUInt32LE(at + 42)
    if (header + 30 > archive.length) throw broken()
    const begin =
      header + 30 + archive.readUInt16LE(header + 26) + archive.readUInt16LE(header + 28)
    const content = archive.subarray(begin, begin + packed)
    left -= method === 0 ? content.length : unpackedSize(content, Math.max(1, left))
    if (left < 0) throw tooLarge()
    const [name, extra, comment] = [28, 30, 32].map((place) => archive.readUInt16LE(at + place))
    at += 46 + (name ?? 0) + (extra ?? 0) + (comment ?? 0)
  }
}

function unpackedSize(content: Buffer, most: number): number {
  try {
    return inflateRawSync(content, { maxOutputLength: most }).length
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge()
    throw broken()
  }
}

function broken(): ThreadRefusal {
  return new ThreadRefusal('The document is damaged.')
}

function tooLarge(): ThreadRefusal {
  return new ThreadRefusal('The document unpacks to more than may be read.')
}
