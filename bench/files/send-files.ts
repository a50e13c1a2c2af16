import { randomBytes } from 'node:crypto'
import { request } from 'node:http'
import { Readable } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'

const PIECE = 256 * 1024

/** Generates the bytes of a unique file, without keeping them in memory. */
export function contentOf(bytes: number): Readable {
  const first = randomBytes(32)
  const filling = Buffer.alloc(PIECE, 'the bytes of a file; ')
  return Readable.from(
    (function* pieces() {
      yield first
      for (let left = bytes - first.length; left > 0; left -= PIECE) {
        yield left >= PIECE ? filling : filling.subarray(0, left)
      }
    })(),
    { objectMode: false },
  )
}

/**
 * Uploads a file by tus, in one piece.
 *
 * @param address where uploads are begun
 * @returns the address of the upload
 */
export async function upload(address: string, bytes: number): Promise<URL> {
  const created = await fetch(address, {
    method: 'POST',
    headers: {
      'tus-resumable': '1.0.0',
      'upload-length': String(bytes),
      'upload-metadata': `filename ${Buffer.from('file.bin').toString('base64')}`,
    },
  })
  const location = new URL(created.headers.get('location') ?? '', address)
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const patch = request(
    location,
    {
      method: 'PATCH',
      headers: {
        'tus-resumable': '1.0.0',
        'upload-offset': '0',
        'content-type': 'application/offset+octet-stream',
        'content-length': String(bytes),
      },
    },
    (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    },
  )
  patch.once('error', reject)
  await pipeline(contentOf(bytes), patch)
  const status = await promise
  if (status !== 204) throw new Error(`an upload was answered with ${status}`)
  return location
}

/** Downloads from an address, and discards the bytes. */
export async function download(address: URL | string, bytes: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const asked = request(address, (response) => {
    let read = 0
    response.on('data', (piece: Buffer) => (read += piece.length))
    finished(response).then(() => resolve(read), reject)
  })
  asked.once('error', reject)
  asked.end()
  const read = await promise
  if (read !== bytes) throw new Error(`${read} bytes came of ${bytes}`)
}
