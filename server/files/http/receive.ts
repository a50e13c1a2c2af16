import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { Transform } from 'node:stream'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { TRPCError } from '@trpc/server'
import { Busboy } from '@fastify/busboy'
import type { BusboyHeaders, BusboyInstance } from '@fastify/busboy'
import type { FastifyRequest } from 'fastify'
import { isFull } from '../disk-store.ts'
import type { Files } from '../files.ts'

export type Received = { path: string; name: string; mimeType: string | null }

/** Writes the file in a request's body to the disk as it arrives: the raw body, or the field `file` of a form. */
export async function receiveFile(request: FastifyRequest, files: Files): Promise<Received> {
  const type = request.headers['content-type'] ?? ''
  const path = files.temporaryPath()
  try {
    if (/^multipart\/form-data/i.test(type)) return await receiveForm(request, path, files.maxBytes)
    await write(request.raw, path, files.maxBytes)
    return { path, name: nameIn(request), mimeType: type || null }
  } catch (error) {
    await rm(path, { force: true })
    if (isFull(error)) {
      const message = 'The disk of the server is full. Ask its administrator.'
      throw new TRPCError({ code: 'SERVICE_UNAVAILABLE', message })
    }
    throw error
  }
}

async function write(source: Readable, path: string, maxBytes: number): Promise<void> {
  let bytes = 0
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      if (bytes > maxBytes) done(tooLarge(maxBytes))
      else done(null, chunk)
    },
  })
  await pipeline(source, counted, createWriteStream(path, { mode: 0o600, flags: 'wx' }))
}

async function receiveForm(
  request: FastifyRequest,
  path: string,
  maxBytes: number,
): Promise<Received> {
  const { 'content-type': type = '' } = request.headers
  const form = busboy({ ...request.headers, 'content-type': type })
  const received: Promise<Received>[] = []
  let part: Readable | null = null
  let refusal: unknown = null
  form.on('file', (field, stream, name: string | undefined, _encoding, mime) => {
    if (field !== 'file' || received.length > 0) {
      // A form that ends in its middle is refused by its own error.
      stream.on('error', () => undefined)
      return void stream.resume()
    }
    part = stream
    const writing = write(stream, path, maxBytes).then(() => ({
      ...{ path, name: name ?? '' },
      mimeType: mime || null,
    }))
    received.push(writing)
    writing.catch((error: unknown) => {
      refusal ??= error
      form.destroy(error instanceof Error ? error : undefined)
    })
  })
  try {
    await pipeline(request.raw, form)
    await Promise.all(received)
  } catch (cause) {
    // The reason for the refusal is more useful than the error of the form that it cut.
    const first: unknown = refusal ?? cause
    // The parser never ends the file of a form that is cut.
    ;(part as Readable | null)?.destroy(cause instanceof Error ? cause : undefined)
    await Promise.allSettled(received)
    if (first instanceof TRPCError || isFull(first)) throw first
    const message = 'The form in the body is cut or damaged. Send it again.'
    throw new TRPCError({ code: 'BAD_REQUEST', message, cause: first })
  }
  const [file] = received
  if (!file) {
    const message = 'The form has no file: send it in the field "file".'
    throw new TRPCError({ code: 'BAD_REQUEST', message })
  }
  return file
}

function busboy(headers: BusboyHeaders): BusboyInstance {
  try {
    return new Busboy({ headers, limits: { files: 1, fields: 20, parts: 25, headerPairs: 50 } })
  } catch (cause) {
    const message = 'The form in the body cannot be read: its content type names no boundary.'
    throw new TRPCError({ code: 'BAD_REQUEST', message, cause })
  }
}

/** The name is percent-encoded UTF-8, because headers allow only Latin letters. */
function nameIn({ headers }: FastifyRequest): string {
  const given = headers['x-file-name']
  const name = Array.isArray(given) ? given[0] : given
  try {
    return decodeURIComponent(name ?? '')
  } catch {
    return name ?? ''
  }
}

export function tooLarge(maxBytes: number): TRPCError {
  const megabytes = Number((maxBytes / (1024 * 1024)).toFixed(3))
  return new TRPCError({
    code: 'PAYLOAD_TOO_LARGE',
    message: `A file may have ${megabytes} MB at most.`,
  })
}
