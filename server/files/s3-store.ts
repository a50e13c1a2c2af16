import { openAsBlob } from 'node:fs'
import { Readable } from 'node:stream'
import { AwsClient } from 'aws4fetch'
import type { S3Config } from '../config/config.ts'
import type { ByteRange, ObjectStore } from './store.ts'
import { StoreError } from './store.ts'

/** Milliseconds. */
const PATIENCE_MS = 30_000
/** Additional time for each megabyte that is sent. */
const PER_MEGABYTE_MS = 2_000
const MEGABYTE = 1024 * 1024

/** Files in a bucket of an S3-compatible store, addressed by path, which every such store supports. */
export class S3Store implements ObjectStore {
  readonly #client: AwsClient
  readonly #base: string
  readonly #patienceMs: number

  /** @param patienceMs the longest wait for the store's answer, and between two pieces of it */
  constructor(config: S3Config, patienceMs = PATIENCE_MS) {
    this.#patienceMs = patienceMs
    const { accessKeyId, secretAccessKey, region } = config
    this.#client = new AwsClient({
      ...{ accessKeyId, secretAccessKey, region },
      service: 's3',
      retries: 2,
    })
    const prefix = config.prefix.replace(/^\/+|\/+$/g, '')
    this.#base = [config.endpoint, config.bucket, prefix].filter(Boolean).join('/')
  }

  async put(
    key: string,
    { path, bytes, sha256 }: { path: string; bytes: number; sha256: string },
  ): Promise<void> {
    // The signature contains the hash, so the store refuses any other bytes.
    const headers = {
      'x-amz-content-sha256': sha256,
      'content-type': 'application/octet-stream',
    }
    const body = await openAsBlob(path)
    const patience = this.#patienceMs + (bytes / MEGABYTE) * PER_MEGABYTE_MS
    await (await this.#ask(key, { method: 'PUT', headers, body }, patience)).arrayBuffer()
  }

  async read(key: string, range?: ByteRange): Promise<Readable> {
    const headers = new Headers(range && { range: `bytes=${range.start}-${range.end}` })
    const { body } = await this.#ask(key, { headers })
    return Readable.from(body ? inTime(body, this.#patienceMs) : [], { objectMode: false })
  }

  async remove(key: string): Promise<void> {
    await (await this.#ask(key, { method: 'DELETE' })).arrayBuffer()
  }

  async #ask(key: string, init: RequestInit, patience = this.#patienceMs): Promise<Response> {
    const { promise: late, reject } = Promise.withResolvers<never>()
    const controller = new AbortController()
    // This limits the time until the answer begins; its pieces have a limit of their own.
    const timer = setTimeout(() => {
      controller.abort()
      reject(new StoreError('The store of the files does not answer. Try again in a while.'))
    }, patience)
    try {
      const asked = this.#client.fetch(`${this.#base}/${key}`, {
        ...init,
        signal: controller.signal,
      })
      asked.catch(() => undefined)
      const response = await Promise.race([asked, late])
      if (response.ok || (init.method === 'DELETE' && response.status === 404)) return response
      await response.body?.cancel()
      throw new StoreError(`The store of the files refused (status ${response.status}).`)
    } catch (cause) {
      if (cause instanceof StoreError) throw cause
      throw new StoreError('The store of the files cannot be reached. Try again in a while.', {
        cause,
      })
    } finally {
      clearTimeout(timer)
    }
  }
}

/** The pieces when they are wanted: a slow reader is waited for, but not a store that sends nothing more. */
async function* inTime(
  body: ReadableStream<Uint8Array>,
  patienceMs: number,
): AsyncGenerator<Uint8Array> {
  const reader = body.getReader()
  try {
    for (;;) {
      const { promise: late, reject } = Promise.withResolvers<never>()
      const timer = setTimeout(
        () => reject(new StoreError('The store of the files stopped in the middle of a file.')),
        patienceMs,
      )
      const piece = await Promise.race([reader.read(), late]).finally(() => clearTimeout(timer))
      if (piece.done) return
      yield piece.value
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}
