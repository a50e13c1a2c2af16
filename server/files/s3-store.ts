import { openAsBlob } from 'node:fs'
import { Readable } from 'node:stream'
import { AwsClient } from 'aws4fetch'
import type { S3Config } from '../config/config.ts'
import type { ByteRange, ObjectStore } from './store.ts'
import { StoreError } from './store.ts'

/** How long the store may take to answer. Milliseconds. */
const PATIENCE_MS = 30_000
/** For each megabyte that goes to it. */
const PER_MEGABYTE_MS = 2_000
const MEGABYTE = 1024 * 1024

/** Files in a bucket of an S3-compatible store, addressed by path: every such store takes that. */
export class S3Store implements ObjectStore {
  readonly #client: AwsClient
  readonly #base: string

  constructor(config: S3Config) {
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
    // With the hash in its signature, the store refuses anything else than these bytes.
    const headers = {
      'x-amz-content-sha256': sha256,
      'content-type': 'application/octet-stream',
    }
    const body = await openAsBlob(path)
    const patience = PATIENCE_MS + (bytes / MEGABYTE) * PER_MEGABYTE_MS
    await (await this.#ask(key, { method: 'PUT', headers, body }, patience)).arrayBuffer()
  }

  async read(key: string, range?: ByteRange): Promise<Readable> {
    const headers = new Headers(range && { range: `bytes=${range.start}-${range.end}` })
    const { body } = await this.#ask(key, { headers })
    return body ? Readable.from(body) : Readable.from([])
  }

  async remove(key: string): Promise<void> {
    await (await this.#ask(key, { method: 'DELETE' })).arrayBuffer()
  }

  async #ask(key: string, init: RequestInit, patience = PATIENCE_MS): Promise<Response> {
    const { promise: late, reject } = Promise.withResolvers<never>()
    const controller = new AbortController()
    // Until it answers: what it then sends takes as long as whoever reads it.
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
