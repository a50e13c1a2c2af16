import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { TRPCError } from '@trpc/server'
import type { File } from '../../../shared/contract/file.ts'
import type { StoredFile } from '../../../db/queries/files/files.ts'
import type { Files } from '../files.ts'
import { MAX_WIDTH, resizeForReader } from '../pictures.ts'
import type { ByteRange } from '../store.ts'

/** Types that a browser may show by itself: they run no code, and are known by their content. */
const SHOWN =
  /^(image\/(png|apng|jpeg|gif|webp|avif)|audio\/[\w.+-]+|video\/(mp4|webm|ogg|quicktime))$/

/**
 * Sends a file, a range of it, or a smaller picture of it.
 *
 * @param whose the key with which the reader takes turns
 */
export async function sendDownload(
  request: FastifyRequest<{ Querystring: { width?: string } }>,
  reply: FastifyReply,
  files: Files,
  stored: StoredFile,
  whose: string,
): Promise<FastifyReply> {
  const { file } = stored
  const width = widthOf(request.query.width, file)
  const etag = `"${file.sha256}${width === null ? '' : `-${width}`}"`
  reply.headers({
    'content-disposition': `${isShown(file) ? 'inline' : 'attachment'}; filename*=UTF-8''${encoded(file.name)}`,
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; sandbox",
    'cross-origin-resource-policy': 'same-origin',
    // The browser asks again each time, so that a deleted file cannot be read any more.
    'cache-control': 'private, no-cache',
    etag,
  })
  if (request.headers['if-none-match']?.includes(etag) === true) return reply.code(304).send()
  if (width !== null) {
    const picture = await resizeForReader(
      () => files.read(stored),
      { width },
      { whose, isGone: () => request.raw.socket.destroyed },
    )
    return picture ? reply.type('image/webp').send(picture) : reply.code(499).send()
  }
  reply.header('accept-ranges', 'bytes')
  const range = rangeOf(request.headers, file.bytes, etag)
  if (range === 'none') {
    reply.header('content-range', `bytes */${file.bytes}`)
    return reply.code(416).send({ code: 'BAD_REQUEST', message: 'The file has no such range.' })
  }
  reply.type(file.kind === 'text' ? `${file.mimeType}; charset=utf-8` : file.mimeType)
  if (range) {
    reply.code(206).header('content-range', `bytes ${range.start}-${range.end}/${file.bytes}`)
  }
  reply.header('content-length', String(range ? range.end - range.start + 1 : file.bytes))
  // With a text, Fastify would set another length.
  if (request.method === 'HEAD') return reply.send(Readable.from([]))
  return reply.send(await files.read(stored, range ?? undefined))
}

function isShown({ kind, mimeType }: File): boolean {
  return kind !== 'text' && SHOWN.test(mimeType)
}

function encoded(name: string): string {
  return encodeURIComponent(name).replaceAll(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function widthOf(given: string | undefined, file: File): number | null {
  if (given === undefined) return null
  const width = Number(given)
  if (!Number.isInteger(width) || width < 1 || width > MAX_WIDTH) {
    const message = `width: a whole number from 1 to ${MAX_WIDTH}.`
    throw new TRPCError({ code: 'BAD_REQUEST', message })
  }
  if (file.kind !== 'image' || file.status !== 'ready') {
    const message = 'width: this file is no picture that can be made smaller.'
    throw new TRPCError({ code: 'BAD_REQUEST', message })
  }
  return width
}

/** One range (RFC 9110, section 14.2); null for the whole file, also for several ranges, which a server may ignore. */
function rangeOf(
  headers: FastifyRequest['headers'],
  bytes: number,
  etag: string,
): ByteRange | 'none' | null {
  const found = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(headers.range?.trim() ?? '')
  if (!found || (headers['if-range'] !== undefined && headers['if-range'] !== etag)) return null
  const [, first = '', last = ''] = found
  if (first === '' && last === '') return null
  const start = first === '' ? Math.max(0, bytes - Number(last)) : Number(first)
  const end = first === '' || last === '' ? bytes - 1 : Math.min(Number(last), bytes - 1)
  if (start >= bytes || (first === '' && Number(last) === 0)) return 'none'
  return start > end ? null : { start, end }
}
