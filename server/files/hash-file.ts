import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'

const PIECE = 256 * 1024

/** SHA-256 of a file in hexadecimal digits, and its length. It reads piece by piece into the same buffer. */
export async function hashFile(path: string): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash('sha256')
  const piece = Buffer.allocUnsafe(PIECE)
  let bytes = 0
  await using handle = await open(path, 'r')
  for (;;) {
    const { bytesRead } = await handle.read(piece, 0, PIECE, null)
    if (bytesRead === 0) return { sha256: hash.digest('hex'), bytes }
    hash.update(piece.subarray(0, bytesRead))
    bytes += bytesRead
  }
}
